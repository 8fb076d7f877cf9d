import { updateDisplayOptions, type IDisplayOptions, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';

const returnAll: INodeProperties = {
	displayName: 'Return All',
	name: 'returnAll',
	type: 'boolean',
	default: false,
	description: 'Whether to return all results or only up to a given limit',
};

const limit: INodeProperties = {
	displayName: 'Limit',
	name: 'limit',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: 50,
	description: 'Max number of results to return',
	displayOptions: { show: { returnAll: [false] } },
};

/**
 * The pair of parameters that says how much of a list is returned, for the operations where `show` holds.
 * @param all whether it is all of it to begin with, where lists are short.
 */
export const returnAllProperties = (show: NonNullable<IDisplayOptions['show']>, all = false): INodeProperties[] =>
	updateDisplayOptions({ show }, [{ ...returnAll, default: all }, limit]);

/** What they are set to for an item: the most results to return, Infinity for all. */
export const limitOf = (context: IExecuteFunctions, itemIndex: number): number =>
	context.getNodeParameter('returnAll', itemIndex) === true
		? Infinity
		: (context.getNodeParameter('limit', itemIndex) as number);
