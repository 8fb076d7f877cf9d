import { updateDisplayOptions, type IDataObject, type INodeProperties } from 'n8n-workflow';

import { DEFAULT_RELATIONS } from '../../../lib/pimberly/relations';
import { pimberlyOf } from '../account';
import { eachItem, primaryIdOf, type Operation } from '../eachItem';
import { parallelOption, primaryIdProperty, timeoutOption, type ReadOptions } from '../productParameters';

export const description: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['product'], operation: ['getClasses'] } },
	[
		primaryIdProperty,
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add Option',
			default: {},
			options: [parallelOption, timeoutOption],
		},
	],
);

export const execute: Operation = async (context) => {
	const options = context.getNodeParameter('options', 0, {}) as ReadOptions;
	const client = await pimberlyOf(context, options.timeoutSeconds ?? 20);
	return await eachItem(context, options.parallelCalls ?? DEFAULT_RELATIONS.concurrency, async (itemIndex) => {
		const primaryId = primaryIdOf(context, itemIndex);
		return (await client.classes(primaryId)).map((row) => ({ ...(row as IDataObject), of: primaryId }));
	});
};
