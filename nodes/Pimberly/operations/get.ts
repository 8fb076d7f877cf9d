import { updateDisplayOptions, type INodeProperties } from 'n8n-workflow';

import { classPathsOf, readRow } from '../../../lib/pimberly/product';
import { PimberlyError } from '../../../lib/pimberly/pimberlyError';
import { DEFAULT_RELATIONS } from '../../../lib/pimberly/relations';
import { pimberlyOf } from '../account';
import { eachItem, primaryIdOf, type Operation } from '../eachItem';
import {
	byName,
	headingOptions,
	headingsOf,
	parallelOption,
	primaryIdProperty,
	timeoutOption,
	type ReadOptions,
} from '../productParameters';
import { shownProducts } from '../shownProduct';

export const description: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['product'], operation: ['get'] } },
	[
		primaryIdProperty,
		{
			displayName: 'Include Relations',
			name: 'includeRelations',
			type: 'boolean',
			default: true,
			description: 'Whether to add the primary IDs of its parents and items, and its classes (up to three more calls)',
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add Option',
			default: {},
			options: byName([...headingOptions, parallelOption, timeoutOption]),
		},
	],
);

export const execute: Operation = async (context) => {
	const options = context.getNodeParameter('options', 0, {}) as ReadOptions;
	const client = await pimberlyOf(context, options.timeoutSeconds ?? 20);
	return await eachItem(context, options.parallelCalls ?? DEFAULT_RELATIONS.concurrency, async (itemIndex) => {
		const primaryId = primaryIdOf(context, itemIndex);
		const askedAt = Date.now();
		const row = await client.product(primaryId);
		if (row === null) {
			throw new PimberlyError('notFound', `Product ${primaryId} does not exist in Pimberly.`, 'Check the Primary ID.', {
				status: 404,
			});
		}
		const read = readRow(row, askedAt, headingsOf(options));
		if (context.getNodeParameter('includeRelations', itemIndex) !== true)
			return await shownProducts(client, [read], null);
		const classes = (await client.classes(primaryId)).flatMap((each) => classPathsOf([each]));
		return await shownProducts(client, [{ ...read, product: { ...read.product, classes } }], {
			...DEFAULT_RELATIONS,
			concurrency: 1,
		});
	});
};
