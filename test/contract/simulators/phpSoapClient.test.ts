import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startSimulators, type Simulators } from '../../../simulators/start';
import { SHOP } from './shop';

interface Got {
	version: string;
	import: string;
	stock: string;
	status: string;
	list: { Count: number; List: Array<{ StockCode: string; ParentCode: string }> };
	codes: Array<{ Code: string; StockItems: Array<{ StockCode: string; Duty: string }> }>;
	priceLists: string[];
	prices: string;
	fault: string;
	soap12: string;
	withoutDescription: string;
}

describe("PHP's SoapClient calls the simulated Khaos", () => {
	let simulators: Simulators;

	beforeAll(async () => {
		const php = spawnSync('php', ['-r', "echo class_exists('SoapClient') ? 'there' : 'missing';"], {
			encoding: 'utf8',
		});
		if (php.stdout !== 'there')
			throw new Error('This test needs PHP with its SOAP extension: install php-cli and php-soap.');
		simulators = await startSimulators({ catalogue: SHOP });
	});
	afterAll(async () => await simulators?.stop());

	test('from the description to imports, exports and faults', async () => {
		const { stdout } = await promisify(execFile)('php', [
			join(__dirname, 'phpSoapClient.php'),
			simulators.khaosWsdlUrl,
		]);
		const got = JSON.parse(stdout) as Got;
		expect(got.version).toMatch(/^8\.\d+/);
		expect(got.soap12).toBe(got.version);
		expect(got.import).toContain('<LINES_IMPORTED>1</LINES_IMPORTED>');
		expect(got.stock).toContain('<STOCK_DESC>Tee &lt;plain&gt; &amp; é</STOCK_DESC>');
		expect(got.stock.match(/<STOCK_ITEM>/g)).toHaveLength(1);
		expect(got.status).toContain('<STOCK_ITEM ID="1" CODE="TEE"');
		expect(got.list).toEqual({ Count: 1, List: [{ StockCode: 'TEE', ParentCode: '' }] });
		expect(got.codes).toEqual([{ Code: '61091000', StockItems: [{ StockCode: 'TEE', Duty: '0' }] }]);
		expect(got.priceLists).toEqual(['Trade', 'Outlet']);
		expect(got.prices).toContain('CompClass="Trade" PricelistNet="-1"');
		expect(got.withoutDescription.match(/<STOCK_CODE>[^<]*/g)).toEqual(['<STOCK_CODE>CAP']);
		expect(got.fault).toBe('There are no stock items to import');
	});
});
