import type { IDataObject } from 'n8n-workflow';

import { itemsOf } from './harness';
import { beginMonitoring, type Monitored } from './monitored';

let shop: Monitored;
beforeEach(async () => {
	shop = await beginMonitoring();
});
afterEach(async () => await shop.end());

test('Missing SKU: Find has an output for each way in which a SKU is wanting', async () => {
	await shop.confirm('TEE', 'LAMP');
	for (const edit of [
		{ code: 'LAMP', set: { DISCONTINUED: '-1' } },
		{ code: 'OLD', set: { STOCK_TYPE1: 'Clothing' } },
		{ code: 'BY-HAND' },
	])
		await fetch(`${shop.simulators.controlUrl}/khaos/stock`, { method: 'POST', body: JSON.stringify(edit) });
	const skus = itemsOf({ sku: 'tee' }, { sku: 'LAMP' }, { sku: 'GHOST' }, { sku: 'BY-HAND' }, { sku: ' ' });
	const outputs = await shop.monitor(
		'missingSku',
		'find',
		{ sku: '={{ $json.sku }}', channel: 'Website', orphans: 'all' },
		skus,
	);
	expect(
		outputs.map((items) => items.map(({ json, pairedItem }) => [json['sku'], (pairedItem as { item: number }).item])),
	).toEqual([
		[['GHOST', 2]],
		[
			['GHOST', 2],
			['BY-HAND', 3],
		],
		[['LAMP', 1]],
		[['OLD', 0]],
	]);
});

test('Missing SKU: Find does not take a field that is not there for a channel without SKUs', async () => {
	const find = async (...items: IDataObject[]) =>
		await shop.monitor('missingSku', 'find', { sku: '={{ $json.sku }}', channel: 'Website' }, itemsOf(...items));
	await find({ sku: 'GHOST' });
	expect(await (await shop.ledger()).exceptions()).toMatchObject([{ type: 'missingInKhaos', key: 'GHOST' }]);
	await expect(find({ code: 'GHOST' }, { code: 'TEE' })).rejects.toThrow('None of the 2 items that came in has a SKU');
	expect(await (await shop.ledger()).exceptions()).toHaveLength(1);
});

test('Missing SKU: Find asks no channel’s token for the products of the account, and says what to do', async () => {
	shop.credentials['pimberlyApi'] = { ...shop.credentials['pimberlyApi'], tokenKind: 'channel' };
	const parameters = { sku: '={{ $json.sku }}', channel: 'Website', checkPimberly: true };
	await expect(shop.monitor('missingSku', 'find', parameters, itemsOf({ sku: 'TEE' }))).rejects.toMatchObject({
		message:
			'Check Pimberly needs a credential with a feed token: a channel token shows the products of its channel only',
		description: 'Choose a Pimberly API credential with a feed token, or turn Check Pimberly off.',
	});
	expect(shop.simulators.control.log()).toEqual([]);
});
