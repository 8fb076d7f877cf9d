import { readBackOf } from '../../../lib/khaos/stockReading/readBack';
import { recordsByKey, stockRecords } from '../../../lib/khaos/stockReading/stockRecord';
import { parseXml } from '../../../lib/khaos/webServices/xml';

const CONTRACT = `<STOCK_ITEMS><STOCK_ITEM><STOCK_ID>41</STOCK_ID><STOCK_CODE>LAMP-001</STOCK_CODE><STOCK_DESC>Oak Desk Lamp</STOCK_DESC>
 <BUY_PRICE>12.50</BUY_PRICE><SELL_PRICE>29.99</SELL_PRICE><STOCK_TTYPE>Lighting</STOCK_TTYPE><STOCK_TYPE>Desk Lamps</STOCK_TYPE>
 <STOCK_CONTROLLED>-1</STOCK_CONTROLLED><WEB>-1</WEB><DELETED>0</DELETED><DISCONTINUED>0</DISCONTINUED><VAT_RATE>20</VAT_RATE><SUB_TYPE>Oak</SUB_TYPE>
 <BARCODES><BARCODE>5012345678900</BARCODE><BARCODE>5099</BARCODE></BARCODES>
 <STOCK_IMAGES><STOCK_IMAGE><IMAGE_NAME>Front</IMAGE_NAME><FILE_NAME>P:\\Khaos\\Images\\x.jpg</FILE_NAME></STOCK_IMAGE></STOCK_IMAGES>
 <USER_DEFINED NAME="Finish" TYPE="CHOICE">Natural</USER_DEFINED><USER_DEFINED NAME="Material" TYPE="LIST">"Oak","Brass, brushed"</USER_DEFINED>
 <USER_DEFINED NAME="Dimmable" TYPE="YES/NO">-1</USER_DEFINED><STOCK_OPTION><X>1</X></STOCK_OPTION>
 <LINKED_ITEMS><LINK_ITEM><STOCK_CODE>BULB-E27</STOCK_CODE><LINK_TYPE>3</LINK_TYPE><LINK_VALUE>2</LINK_VALUE></LINK_ITEM></LINKED_ITEMS>
</STOCK_ITEM></STOCK_ITEMS>`;

const TEE = `<ANYTHING><STOCK_ITEM><STOCK_ID>7</STOCK_ID><STOCK_CODE>TEE</STOCK_CODE><STOCK_DESC>Tee</STOCK_DESC><STOCK_TTYPE>Clothing</STOCK_TTYPE><VAT_RATE>0</VAT_RATE>
 <SCS><HEADING>Colour</HEADING><HEADING>Size</HEADING>
  <STYLE><DESCRIPTION>Red</DESCRIPTION><SCS_CODE_SUFFIX>R</SCS_CODE_SUFFIX>
   <STYLE><DESCRIPTION>Large</DESCRIPTION><SCS_CODE_SUFFIX>L</SCS_CODE_SUFFIX><SCS_ITEM><STOCK_ID>8</STOCK_ID><STOCK_CODE>TEE-R-L</STOCK_CODE><DESCRIPTION>Tee Red Large</DESCRIPTION><SELL_PRICE>9.99</SELL_PRICE><BARCODES><BARCODE>50</BARCODE></BARCODES></SCS_ITEM></STYLE>
   <STYLE><DESCRIPTION>Small</DESCRIPTION><SCS_CODE_SUFFIX>S</SCS_CODE_SUFFIX><SCS_ITEM><STOCK_CODE>TEE-R-S</STOCK_CODE><DESCRIPTION>Tee Red Small</DESCRIPTION></SCS_ITEM></STYLE>
  </STYLE></SCS></STOCK_ITEM></ANYTHING>`;

describe('an ExportStock document', () => {
	test('shows an item with its barcodes, attributes, images and links', () => {
		const [lamp] = stockRecords(parseXml(CONTRACT));
		expect(lamp).toMatchObject({
			stockCode: 'LAMP-001',
			stockId: '41',
			parentCode: '',
			barcodes: ['5012345678900', '5099'],
			links: [{ stockCode: 'BULB-E27', type: 'pack', value: '2' }],
			images: [{ name: 'Front', fileName: 'P:\\Khaos\\Images\\x.jpg' }],
		});
		expect(lamp!.userDefined[1]).toEqual({
			name: 'Material',
			type: 'LIST',
			value: '"Oak","Brass, brushed"',
			values: ['Oak', 'Brass, brushed'],
		});
	});

	test('in terms of the import: types, tax code, yes and no, attributes', () => {
		const { columns } = readBackOf(stockRecords(parseXml(CONTRACT))[0]!, ['UDA:Finish', 'FINISH'], {
			FINISH: { readBack: 'UDA:finish' },
		});
		expect(columns).toMatchObject({
			SHORT_DESC: 'Oak Desk Lamp',
			CONTROLLED: '-1',
			STOCK_TYPE1: 'Lighting',
			STOCK_TYPE2: 'Desk Lamps',
			STOCK_TYPE4: 'Oak',
			TAX_CODE: '1',
			BARCODE: '5012345678900, 5099',
			'UDA:Finish': 'Natural',
			FINISH: 'Natural',
			'UDA:Material': 'Oak, "Brass, brushed"',
		});
		expect(columns).not.toHaveProperty('WEIGHT');
		expect(columns).not.toHaveProperty('Harmonisation:Code');
	});

	test('has variants inside their parents: they come out as items that know their parent', () => {
		const records = stockRecords(parseXml(TEE));
		expect(records.map(({ stockCode, parentCode, scsStyles }) => [stockCode, parentCode, scsStyles])).toEqual([
			['TEE', '', []],
			['TEE-R-L', 'TEE', ['Red', 'Large']],
			['TEE-R-S', 'TEE', ['Red', 'Small']],
		]);
		expect(records[0]!.scsHeadings).toEqual(['Colour', 'Size']);
		expect(readBackOf(records[1]!)).toMatchObject({
			stockId: '8',
			columns: {
				SHORT_DESC: 'Tee Red Large',
				SELL_PRICE: '9.99',
				STOCK_TYPE1: 'Clothing',
				TAX_CODE: '2',
				BARCODE: '50',
			},
		});
	});

	test('whatever its root is, even an item itself', () => {
		expect(stockRecords(parseXml('<a><b><STOCK_ITEM><STOCK_CODE>X</STOCK_CODE></STOCK_ITEM></b></a>'))).toHaveLength(1);
		expect(stockRecords(parseXml('<STOCK_ITEM><STOCK_CODE>X</STOCK_CODE></STOCK_ITEM>'))).toHaveLength(1);
		expect(stockRecords(parseXml('<STOCK_ITEMS/>'))).toEqual([]);
	});

	test('linked items are no items of their own', () => {
		expect(stockRecords(parseXml(CONTRACT))).toHaveLength(1);
	});

	test('an item that stands alone and inside its parent is one item with a parent', () => {
		const both = parseXml(`<r>${TEE}<STOCK_ITEM><STOCK_CODE>tee-r-l</STOCK_CODE></STOCK_ITEM></r>`);
		expect(recordsByKey(stockRecords(both)).get('TEE-R-L')!.parentCode).toBe('TEE');
	});

	test('a long description with markup in it, escaped or not, is text', () => {
		const item = (inner: string) =>
			stockRecords(
				parseXml(`<r><STOCK_ITEM><STOCK_CODE>X</STOCK_CODE><LONG_DESC>${inner}</LONG_DESC></STOCK_ITEM></r>`),
			)[0]!;
		expect(item('&lt;p&gt;Hi &amp;amp; bye&lt;/p&gt;').elements.LONG_DESC).toBe('<p>Hi &amp; bye</p>');
		expect(item('<p>Hi <b>you</b></p>').elements.LONG_DESC).toBe('<p>Hi <b>you</b></p>');
		expect(item('<![CDATA[<p>Hi</p>]]>').elements.LONG_DESC).toBe('<p>Hi</p>');
	});
});
