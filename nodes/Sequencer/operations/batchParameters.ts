import type { INodeProperties } from 'n8n-workflow';
import { z } from 'zod';

import type { LiveWaitsFor } from '../../../lib/ledger/status/launchGate';
import { kindSchema, laneSchema, type Kind, type Lane, type Target } from '../../../lib/shapes';

export const targetProperty: INodeProperties = {
	displayName: 'Changes For',
	name: 'target',
	type: 'options',
	options: [
		{ name: 'Khaos Control', value: 'khaos', description: 'Stock items, kit relations and prices to write' },
		{ name: 'Pimberly', value: 'pimberly', description: 'Statuses to write back to products' },
	],
	default: 'khaos',
	description: 'The system that the changes are to be written to',
};

export const laneProperty: INodeProperties = {
	displayName: 'Lanes',
	name: 'lanes',
	type: 'multiOptions',
	options: [
		{ name: '1 Price', value: 1 },
		{ name: '2 Launch (New Items, Discontinued, Barcodes, Stock Control)', value: 2 },
		{ name: '3 Operational (Weight, Cost, Tax, Commodity Code, Supplier)', value: 3 },
		{ name: '4 Descriptive', value: 4 },
	],
	default: [],
	description: 'Which lanes to take from, most urgent first. Leave empty for all.',
};

export const kindsProperty: INodeProperties = {
	displayName: 'Kinds',
	name: 'kinds',
	type: 'multiOptions',
	options: [
		{ name: 'Kit', value: 'kit', description: 'The relation of a kit parent to its components' },
		{ name: 'Price', value: 'price', description: 'A row of a price list; the base price belongs to the stock item' },
		{ name: 'Stock Item', value: 'stockItem' },
	],
	default: [],
	description: 'Which kinds of change to take. Leave empty for all; a node that writes one kind fails the others.',
};

/** What a product waits for before it is Live for the first time; two parameters, shown together. */
export const launchProperties: INodeProperties[] = [
	{
		displayName: 'Live Waits For',
		name: 'liveWaitsFor',
		type: 'multiOptions',
		options: [
			{ name: 'Kit Relation', value: 'kit', description: 'The components of a kit are confirmed in Khaos' },
			{ name: 'Price Lists', value: 'priceLists', description: 'Its prices are confirmed in Khaos' },
		],
		default: [],
		description:
			'What has to be confirmed in Khaos, beside the stock item, before a product is said to be Live for the first time. A product once Live stays Live. Every workflow that writes statuses of one ledger needs the same choice here.',
	},
	{
		displayName: 'Price List Names',
		name: 'livePriceLists',
		type: 'string',
		default: '',
		placeholder: 'e.g. Trade, Outlet',
		description: 'The price lists that count, separated by commas. Leave empty for all.',
		displayOptions: { show: { liveWaitsFor: ['priceLists'] } },
	},
];

export const batchSizeProperty: INodeProperties = {
	displayName: 'Batch Size',
	name: 'batchSize',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 1000 },
	default: 100,
	description: 'How many changes one execution gets at most. Khaos takes 25 a call; 100 fill four calls.',
};

export const lanesOf = (value: unknown): Lane[] => z.array(laneSchema).parse(value ?? []);
export const targetOfParameter = (value: unknown): Target => z.enum(['khaos', 'pimberly']).parse(value);
export const kindsOfParameter = (value: unknown): Kind[] => z.array(kindSchema).parse(value ?? []);

/** Undefined: a product is Live when its stock item is confirmed. */
export function liveWaitsForOf(waitsFor: unknown, names: unknown): LiveWaitsFor | undefined {
	const chosen = z.array(z.enum(['kit', 'priceLists'])).parse(waitsFor ?? []);
	if (chosen.length === 0) return undefined;
	const lists = z
		.string()
		.parse(names ?? '')
		.split(',')
		.map((name) => name.trim())
		.filter((name) => name !== '');
	return {
		kit: chosen.includes('kit'),
		priceLists: !chosen.includes('priceLists') ? [] : lists.length === 0 ? 'all' : lists,
	};
}
