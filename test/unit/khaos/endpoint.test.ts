import { EndpointError, endpointOf } from '../../../lib/khaos/webServices/endpoint';

describe('the address of a Khaos Control', () => {
	test.each([
		'https://host/KhaosIDS.exe',
		'https://host/KhaosIDS.exe/',
		' https://host/KhaosIDS.exe/wsdl/IKosWeb ',
		'https://host/KhaosIDS.exe/wsdl/IKosWeb?wsdl',
		'https://host/KhaosIDS.exe/wsdl/IKosWeb/?WSDL',
		'https://host/KhaosIDS.exe/wsdl',
		'https://host/KhaosIDS.exe?wsdl',
		'https://host/KhaosIDS.exe/soap/IKosWeb',
		'https://host/KhaosIDS.exe/SOAP/ikosweb///',
		'https://HOST/KhaosIDS.exe/soap#x',
	])('%s is understood', (address) => {
		expect(endpointOf(address)).toEqual({
			base: 'https://host/KhaosIDS.exe',
			wsdl: 'https://host/KhaosIDS.exe/wsdl/IKosWeb',
			soap: 'https://host/KhaosIDS.exe/soap/IKosWeb',
			identity: 'host/khaosids.exe',
		});
	});

	test('folders and ports stay', () => {
		expect(endpointOf('http://host:8084/LiveSoap/KhaosKSD.exe').soap).toBe(
			'http://host:8084/LiveSoap/KhaosKSD.exe/soap/IKosWeb',
		);
		expect(endpointOf('https://host:4433/test/khaosids.exe').identity).toBe('host:4433/test/khaosids.exe');
	});

	test('a test system on the host of the live one is another Khaos', () => {
		expect(endpointOf('https://host/KhaosIDS.exe').identity).not.toBe(
			endpointOf('https://host/test/KhaosIDS.exe').identity,
		);
	});

	test.each([
		['', 'empty'],
		['khaos.example.com/KhaosIDS.exe', 'start with http'],
		['ftp://host/KhaosIDS.exe', 'ftp:'],
		['https://user:secret@host/KhaosIDS.exe', 'fields for them'],
	])('%s is refused, saying why', (address, why) => {
		expect(() => endpointOf(address)).toThrow(EndpointError);
		expect(() => endpointOf(address)).toThrow(why);
		expect(() => endpointOf(address)).not.toThrow('secret');
	});
});
