import { updateDisplayOptions, type INodeProperties } from 'n8n-workflow';

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
import { shownRelated } from '../shownProduct';

/** Get Parents and Get Items differ in one word only. */
export type Relation = 'parents' | 'items';

export const relatedDescription = (operation: string): INodeProperties[] =>
	updateDisplayOptions({ show: { resource: ['product'], operation: [operation] } }, [
		primaryIdProperty,
		{
			displayName: 'Include Attributes',
			name: 'includeAttributes',
			type: 'boolean',
			default: false,
			description: 'Whether to return the attributes of each of them too, not only its primary ID',
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add Option',
			default: {},
			options: byName([
				...headingOptions.filter(({ name }) => name === 'primaryIdHeading'),
				parallelOption,
				timeoutOption,
			]),
		},
	]);

export const relatedExecute =
	(relation: Relation): Operation =>
	async (context) => {
		const options = context.getNodeParameter('options', 0, {}) as ReadOptions;
		const client = await pimberlyOf(context, options.timeoutSeconds ?? 20);
		return await eachItem(context, options.parallelCalls ?? DEFAULT_RELATIONS.concurrency, async (itemIndex) => {
			const primaryId = primaryIdOf(context, itemIndex);
			const attributes = context.getNodeParameter('includeAttributes', itemIndex) === true;
			const askedAt = Date.now();
			const rows = await (relation === 'items'
				? client.items(primaryId, { attributes })
				: client.parents(primaryId, { attributes }));
			return rows.map((row) => ({ ...shownRelated(row, headingsOf(options), askedAt, attributes), of: primaryId }));
		});
	};
