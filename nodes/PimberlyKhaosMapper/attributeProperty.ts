import type { INodeProperties } from 'n8n-workflow';

/** A parameter that names a Pimberly attribute: typed, or dragged in from the input. */
export const attributeProperty = (
	own: Pick<INodeProperties, 'displayName' | 'name' | 'description' | 'placeholder'> & Partial<INodeProperties>,
): INodeProperties => ({
	type: 'string',
	noDataExpression: true,
	requiresDataPath: 'single',
	default: '',
	...own,
});
