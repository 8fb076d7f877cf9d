import type {
	IDisplayOptions,
	IExecuteFunctions,
	INodeProperties,
	IPollFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';

import type { OnlyWhen } from '../../lib/pimberly/onlyWhen';
import { DEFAULT_HEADINGS, type RowHeadings } from '../../lib/pimberly/product';
import { DEFAULT_RELATIONS, type RelationSettings } from '../../lib/pimberly/relations';

/** Parameters that the node and the trigger share: how rows are read and how relations are found. */

export const primaryIdProperty: INodeProperties = {
	displayName: 'Primary ID',
	name: 'primaryId',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. ABC-100-RED',
	description: 'The primary ID of the product, as Pimberly spells it',
};

/** Entries of an Options collection, sorted by name together with an operation's own. */
export const headingOptions: INodeProperties[] = [
	{
		displayName: 'Items Heading',
		name: 'itemsHeading',
		type: 'string',
		default: 'Items',
		description: 'The column of a channel that holds the primary IDs of a product’s items (its variants)',
	},
	{
		displayName: 'Parents Heading',
		name: 'parentsHeading',
		type: 'string',
		default: 'Parents',
		description: 'The column of a channel that holds the primary IDs of a product’s parents',
	},
	{
		displayName: 'Primary ID Heading',
		name: 'primaryIdHeading',
		type: 'string',
		default: 'Primary ID',
		description: 'The column of a channel that holds the primary ID, where the account has renamed it',
	},
	{
		displayName: 'Relation Delimiters',
		name: 'relationDelimiters',
		type: 'string',
		default: '|;,',
		description:
			'Characters that separate primary IDs where a Parents or Items column is one text. A list is never split. Leave empty to never split.',
	},
];

export const timeoutOption: INodeProperties = {
	displayName: 'Timeout (Seconds)',
	name: 'timeoutSeconds',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: 20,
	description: 'How long one answer of Pimberly may take before the call is tried again',
};

export const parallelOption: INodeProperties = {
	displayName: 'Parallel Calls',
	name: 'parallelCalls',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 20 },
	default: 4,
	description: 'How many products are asked for at a time',
};

const pageSizeOption: INodeProperties = {
	displayName: 'Page Size',
	name: 'pageSize',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 1000 },
	default: 100,
	description: 'How many products to ask for in one call; Pimberly may give fewer',
};

/** Entries of an Options collection, as n8n wants them. */
export const byName = (options: INodeProperties[]): INodeProperties[] =>
	[...options].sort((one, other) => one.displayName.localeCompare(other.displayName));

export const relationsFromOption: INodeProperties = {
	displayName: 'Relations Come From',
	name: 'relationsFrom',
	type: 'options',
	default: 'automatic',
	options: [
		{
			name: 'Automatic',
			value: 'automatic',
			description: 'From the columns of a channel where it maps them, else looked up',
		},
		{
			name: 'Columns Only',
			value: 'columns',
			description: 'A product without the columns has no parents and no items',
		},
		{ name: 'Look-Ups Only', value: 'lookUps', description: 'Columns of the channel are not taken as relations' },
	],
	description: 'Where parents and items are read. Look-ups need a feed token.',
};

/** What can be set wherever products are listed. */
export const listOptions: INodeProperties[] = [
	...headingOptions,
	pageSizeOption,
	parallelOption,
	relationsFromOption,
	timeoutOption,
];

/** Include Relations and what goes with it. Look-ups cost calls; a product type saves most of them. */
export function relationProperties(show: NonNullable<IDisplayOptions['show']> = {}): INodeProperties[] {
	const shownWith: IDisplayOptions = { show: { ...show, includeRelations: [true] } };
	return [
		{
			displayName: 'Include Relations',
			name: 'includeRelations',
			type: 'boolean',
			default: true,
			...(Object.keys(show).length > 0 ? { displayOptions: { show } } : {}),
			description:
				'Whether to add the primary IDs of each product’s parents and items. A feed token’s rows have none, so they are looked up; a look-up that fails is never taken for “has none”.',
		},
		{
			displayName: 'Product Type Attribute',
			name: 'typeAttribute',
			type: 'string',
			default: '',
			placeholder: 'e.g. productType',
			displayOptions: shownWith,
			description:
				'The attribute that tells variant parents, variants and others apart: its API name with a feed token, its heading with a channel token. It saves most look-ups. Leave empty to look up both for every product.',
		},
		{
			displayName: 'Variant Parent Values',
			name: 'variantParentValues',
			type: 'string',
			default: 'VariantParent',
			displayOptions: shownWith,
			description: 'Values of that attribute for variant parents, separated by commas. Their items are looked up.',
		},
		{
			displayName: 'Variant Values',
			name: 'variantValues',
			type: 'string',
			default: 'Variant',
			displayOptions: shownWith,
			description:
				'Values of that attribute for variants, separated by commas. Their parents are looked up where they are not known yet.',
		},
		{
			displayName: 'Other Products',
			name: 'otherProducts',
			type: 'options',
			default: 'both',
			options: [
				{
					name: 'Look Up Parents and Items',
					value: 'both',
					description: 'Safe, at the price of two calls for each such product',
				},
				{ name: 'No Look-Ups', value: 'none', description: 'They have neither parents nor items' },
			],
			displayOptions: shownWith,
			description: 'What is done for products with another type. Products without a type are always looked up.',
		},
	];
}

export const onlyWhenProperty: INodeProperties = {
	displayName: 'Only When',
	name: 'onlyWhen',
	type: 'fixedCollection',
	placeholder: 'Add Condition',
	default: {},
	description: 'Take on only products that are ready, such as approved ones. Others are left alone until they are.',
	options: [
		{
			displayName: 'Condition',
			name: 'condition',
			values: [
				{
					displayName: 'Attribute',
					name: 'attribute',
					type: 'string',
					default: '',
					placeholder: 'e.g. readyForErp',
					description: 'Its API name with a feed token, its heading with a channel token',
				},
				{
					displayName: 'Is One Of',
					name: 'values',
					type: 'string',
					default: 'true',
					description:
						'Values separated by commas, in any case. True, Yes, Y and 1 mean the same. Empty: the attribute has no value.',
				},
			],
		},
	],
};

export interface ReadOptions {
	primaryIdHeading?: string;
	parentsHeading?: string;
	itemsHeading?: string;
	relationDelimiters?: string;
	relationsFrom?: RelationSettings['from'];
	parallelCalls?: number;
	timeoutSeconds?: number;
	pageSize?: number;
}

export const headingsOf = (options: ReadOptions): RowHeadings => ({
	primaryId: options.primaryIdHeading ?? DEFAULT_HEADINGS.primaryId,
	parents: options.parentsHeading ?? DEFAULT_HEADINGS.parents,
	items: options.itemsHeading ?? DEFAULT_HEADINGS.items,
	delimiters: options.relationDelimiters ?? DEFAULT_HEADINGS.delimiters,
});

/** Comma-separated values of a parameter, blanks left out. */
const valuesOf = (text: string): string[] =>
	text
		.split(',')
		.map((value) => value.trim())
		.filter((value) => value !== '');

/** The relation settings by a reader of parameters; null: relations are not wanted. */
export function relationsOfParameters(read: (name: string) => unknown, options: ReadOptions): RelationSettings | null {
	if (read('includeRelations') === false) return null;
	const text = (name: string): string => String(read(name) ?? '').trim();
	return {
		typeAttribute: text('typeAttribute') === '' ? null : text('typeAttribute'),
		variantParentValues: valuesOf(text('variantParentValues')),
		variantValues: valuesOf(text('variantValues')),
		otherwise: read('otherProducts') === 'none' ? 'none' : 'both',
		from: options.relationsFrom ?? 'automatic',
		concurrency: options.parallelCalls ?? DEFAULT_RELATIONS.concurrency,
	};
}

/** Reads parameters of the node for an item. */
export const parametersOf =
	(context: IExecuteFunctions, itemIndex: number) =>
	(name: string): unknown =>
		context.getNodeParameter(name, itemIndex, null);

/** Reads parameters of the trigger. */
export const triggerParametersOf =
	(context: IPollFunctions | IWebhookFunctions) =>
	(name: string): unknown =>
		context.getNodeParameter(name, null);

/** The Only When of a trigger; null: every product is taken on. */
export function onlyWhenOf(read: (name: string) => unknown): OnlyWhen | null {
	const { condition = {} } = (read('onlyWhen') ?? {}) as { condition?: { attribute?: string; values?: unknown } };
	const attribute = condition.attribute?.trim() ?? '';
	const wanted = valuesOf(String(condition.values ?? ''));
	return attribute === '' ? null : { attribute, values: wanted.length === 0 ? [''] : wanted };
}
