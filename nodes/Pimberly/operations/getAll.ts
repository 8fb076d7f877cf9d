import {
	NodeOperationError,
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeProperties,
} from 'n8n-workflow';

import type { Row } from '../../../lib/pimberly/client';
import { DEFAULT_RELATIONS } from '../../../lib/pimberly/relations';
import { readRows } from '../../../lib/pimberly/readRows';
import { momentOf } from '../../moment';
import { limitOf, returnAllProperties } from '../../returnAll';
import { pimberlyOf } from '../account';
import { eachItem, type Operation } from '../eachItem';
import {
	byName,
	listOptions,
	headingsOf,
	parametersOf,
	relationProperties,
	relationsOfParameters,
	type ReadOptions,
} from '../productParameters';
import { shownProducts } from '../shownProduct';

const show = { resource: ['product'], operation: ['getAll'] };

export const description: INodeProperties[] = [
	...returnAllProperties(show),
	...relationProperties(show),
	...updateDisplayOptions({ show }, [
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add Option',
			default: {},
			options: byName([
				...listOptions,
				{
					displayName: 'Filters (JSON)',
					name: 'filters',
					type: 'json',
					default: '{}',
					placeholder: 'e.g. {"manufacturerCode": "APW"}',
					description:
						'Pimberly’s own filters, by attribute API name. Equality, and $gte for dateUpdated, are known to work; other operators may not.',
				},
				{
					displayName: 'Updated Since',
					name: 'updatedSince',
					type: 'dateTime',
					default: '',
					description: 'Only products that were created or updated at or after this time',
				},
			]),
		},
	]),
];

interface Options extends ReadOptions {
	filters?: string | IDataObject;
	updatedSince?: unknown;
}

export const execute: Operation = async (context) => {
	const first = context.getNodeParameter('options', 0, {}) as Options;
	const client = await pimberlyOf(context, first.timeoutSeconds ?? 20);
	return await eachItem(context, 1, async (itemIndex) => {
		const options = context.getNodeParameter('options', itemIndex, {}) as Options;
		const limit = limitOf(context, itemIndex);
		const relations = relationsOfParameters(parametersOf(context, itemIndex), options);
		const askedAt = Date.now();
		const rows: Row[] = [];
		const pageSize = Math.min(options.pageSize ?? 100, limit);
		for await (const row of client.listRows({ limit: pageSize, filters: filtersOf(context, options, itemIndex) })) {
			rows.push(row);
			if (rows.length >= limit) break;
		}
		const read = await readRows(client, rows, askedAt, {
			headings: headingsOf(options),
			relations: relations ?? DEFAULT_RELATIONS,
		});
		return await shownProducts(client, read, relations);
	});
};

function filtersOf(context: IExecuteFunctions, options: Options, itemIndex: number): IDataObject | null {
	const filters =
		typeof options.filters === 'string' ? jsonOf(context, options.filters, itemIndex) : (options.filters ?? {});
	const since = momentOf(context, { name: 'Updated Since', value: options.updatedSince, itemIndex });
	if (since !== null) return { ...filters, dateUpdated: { $gte: since } };
	return Object.keys(filters).length === 0 ? null : filters;
}

function jsonOf(context: IExecuteFunctions, text: string, itemIndex: number): IDataObject {
	if (text.trim() === '') return {};
	let filters: unknown;
	try {
		filters = JSON.parse(text);
	} catch (error) {
		throw new NodeOperationError(context.getNode(), `Filters (JSON) is not valid JSON: ${(error as Error).message}`, {
			itemIndex,
			description: 'Write an object such as {"manufacturerCode": "APW"}.',
		});
	}
	if (typeof filters !== 'object' || filters === null || Array.isArray(filters)) {
		throw new NodeOperationError(context.getNode(), 'Filters (JSON) is not an object', {
			itemIndex,
			description: 'Write an object such as {"manufacturerCode": "APW"}.',
		});
	}
	return filters as IDataObject;
}
