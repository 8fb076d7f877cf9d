import type { INodeProperties } from 'n8n-workflow';
import { z } from 'zod';

import { laneSchema, type Lane, type Target } from '../../../lib/shapes';

export const targetProperty: INodeProperties = {
	displayName: 'Changes For',
	name: 'target',
	type: 'options',
	options: [
		{ name: 'Khaos Control', value: 'khaos', description: 'Stock items to create or update' },
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
