<?php
// Calls the simulated Khaos as a shop's PHP would. Arguments: the WSDL's URL. Prints what it got as JSON.
$client = new SoapClient($argv[1], ['cache_wsdl' => WSDL_CACHE_NONE, 'exceptions' => true]);
$table = "STOCK_CODE\tCONTROLLED\tSHORT_DESC\tSTOCK_TYPE1\tSTOCK_TYPE2\tBUY_PRICE\tSELL_PRICE\tTAX_CODE\tHarmonisation:Code\tHarmonisation:Country\n"
	. "TEE\t-1\tTee <plain> & é\tClothing\tTees\t4.20\t9.99\t1\t61091000\tPT";
$fault = null;
$got = [
	'version' => $client->GetVersion(),
	'import' => $client->ImportStockTSV($table),
	'stock' => $client->ExportStock('tee,UNKNOWN', 1, '1899-12-31T00:00:00'),
	'status' => $client->ExportStockStatus('TEE', 1, '1899-12-31T00:00:00', -1, 0),
	'list' => $client->GetStockList(0, '1899-12-31T00:00:00', 0),
	'codes' => $client->GetHarmonisationCodes(),
	'priceLists' => $client->GetPriceLists(),
	'prices' => $client->ExportPriceListEx('Trade', 3),
];
try {
	$client->ImportStockTSV('');
} catch (SoapFault $caught) {
	$fault = $caught->getMessage();
}
$got['fault'] = $fault;
$twelve = new SoapClient($argv[1], ['cache_wsdl' => WSDL_CACHE_NONE, 'soap_version' => SOAP_1_2]);
$got['soap12'] = $twelve->GetVersion();
// Without the description PHP names the parameters param0, param1, ...
$bare = new SoapClient(null, ['location' => str_replace('/wsdl/', '/soap/', $argv[1]), 'uri' => 'urn:IKosWebIntf-IKosWeb']);
$bare->ImportStockTSV(str_replace('TEE', 'CAP', $table));
$got['withoutDescription'] = $bare->ExportStock('CAP', 1, '1899-12-31T00:00:00');
echo json_encode($got, JSON_THROW_ON_ERROR);
