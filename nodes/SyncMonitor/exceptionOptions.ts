import type { INodePropertyOptions } from 'n8n-workflow';

import { exceptionTypes, type ExceptionType } from '../../lib/ledger/exceptions/exceptions';

export const ownerOptions: INodePropertyOptions[] = [
	{ name: 'Ecommerce', value: 'ecommerce' },
	{ name: 'Finance', value: 'finance' },
	{ name: 'Operations', value: 'operations' },
];

export const severityOptions: INodePropertyOptions[] = [
	{ name: 'Critical', value: 'critical', description: 'Orders are blocked, or the sync stands still' },
	{ name: 'High', value: 'high', description: 'Orders, shipping or margins go wrong until it is mended' },
	{ name: 'Low', value: 'low', description: 'Cosmetic' },
	{ name: 'Medium', value: 'medium', description: 'Wrong, and no order suffers from it' },
];

export const stateOptions: INodePropertyOptions[] = [
	{ name: 'Acknowledged', value: 'acknowledged', description: 'Somebody looks at it' },
	{ name: 'Open', value: 'open', description: 'Nobody has looked at it yet' },
	{ name: 'Resolved', value: 'resolved', description: 'Its cause is gone, or a person said so' },
];

export const typeOptions: INodePropertyOptions[] = (Object.keys(exceptionTypes) as ExceptionType[])
	.map((value) => ({ name: exceptionTypes[value].title, value, description: exceptionTypes[value].meaning }))
	.sort((one, other) => one.name.localeCompare(other.name));
