import type { INodeParameters, INodeProperties } from 'n8n-workflow';
import { DEMO_MAPPING } from '../../lib/catalogue/demoMapping';
import { attributeProperty } from './attributeProperty';

/** One row of the mapping as it stands on the canvas. */
const row = (column: string, attribute: string): INodeParameters => ({
	column,
	valueFrom: 'attribute',
	attribute,
	type: 'automatic',
	options: {},
});

/** The rows that the node starts with: the demo account's mapping. */
export const STARTING_ROWS: INodeParameters[] = DEMO_MAPPING.fields.map(({ column, source }) =>
	row(column, source.attribute),
);

const fieldOptions: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options: [
		{
			displayName: 'Default',
			name: 'default',
			type: 'string',
			noDataExpression: true,
			default: '',
			placeholder: 'e.g. System & Miscellaneous',
			description: 'Used as it is where Pimberly has no value',
		},
		{
			displayName: 'Lane',
			name: 'lane',
			type: 'options',
			noDataExpression: true,
			options: [
				{ name: '1 Price', value: 1 },
				{ name: '2 Launch', value: 2, description: 'New, discontinued, barcode, stock control' },
				{ name: '3 Operational', value: 3, description: 'Weight, cost, commodity code, supplier' },
				{ name: '4 Descriptive', value: 4 },
			],
			default: 4,
			description:
				'How urgent a change of this field is. A change is sent in the most urgent lane of the fields that differ.',
		},
		{
			displayName: 'List Separator',
			name: 'delimiter',
			type: 'string',
			noDataExpression: true,
			default: '|',
			description: 'Splits a list that Pimberly returns as one text',
		},
		{
			displayName: 'Max Length',
			name: 'maxLength',
			type: 'number',
			noDataExpression: true,
			typeOptions: { minValue: 1 },
			default: 250,
			description: 'Longer text is cut, with a warning. What Khaos is known to take at most applies in any case.',
		},
		{
			displayName: 'Multiply By',
			name: 'multiplyBy',
			type: 'string',
			noDataExpression: true,
			default: '1',
			placeholder: 'e.g. 0.001',
			description: 'Converts a number, for example grams into kilograms with 0.001',
		},
		{
			displayName: 'Owner',
			name: 'owner',
			type: 'options',
			noDataExpression: true,
			options: [
				{ name: 'Khaos Control', value: 'khaos', description: 'Set when an item is created, never changed afterwards' },
				{ name: 'Pimberly', value: 'pimberly', description: 'Khaos is brought to what Pimberly says' },
			],
			default: 'pimberly',
			description: 'Whose word counts when the two differ',
		},
		{
			displayName: 'Read Back As',
			name: 'readBack',
			type: 'string',
			noDataExpression: true,
			default: '',
			placeholder: 'e.g. STOCK_DESC',
			description:
				'The element of Khaos’s ExportStock that shows this column. Empty if nothing shows it: then it can’t be confirmed.',
		},
		{
			displayName: 'Required',
			name: 'required',
			type: 'boolean',
			noDataExpression: true,
			default: true,
			description:
				'Whether a product without a value is rejected. What Khaos needs in every import is required anyway.',
		},
		{
			displayName: 'Transform',
			name: 'transform',
			type: 'options',
			noDataExpression: true,
			options: [
				{ name: 'Lower Case', value: 'lowerCase' },
				{ name: 'None', value: 'none' },
				{ name: 'Opposite', value: 'opposite', description: 'Turns yes into no and no into yes' },
				{ name: 'Upper Case', value: 'upperCase' },
			],
			default: 'none',
			description: 'What to do with the value',
		},
		{
			displayName: 'Translate Values',
			name: 'translate',
			type: 'string',
			noDataExpression: true,
			typeOptions: { rows: 3 },
			default: '',
			placeholder: 'e.g. Standard = 1',
			description: 'What Pimberly says = what Khaos takes, one a line. Other values stay as they are.',
		},
	],
};

export const fieldsProperty: INodeProperties = {
	displayName: 'Fields',
	name: 'fields',
	type: 'fixedCollection',
	placeholder: 'Add Field',
	description: 'Which Pimberly attribute goes into which column of Khaos’s stock import',
	hint: 'These are the demo account’s fields. Change the attributes to the API names of your account (with a channel token, the channel’s headings). Column names beyond the documented ones can differ at your site.',
	typeOptions: {
		multipleValues: true,
		sortable: true,
		fixedCollection: {
			itemTitle:
				'={{ $collection.item.value.column || "New field" }}{{ $collection.item.value.valueFrom === "attribute" ? " = " + ($collection.item.value.attribute || "?") : "" }}',
		},
	},
	default: { field: STARTING_ROWS },
	options: [
		{
			displayName: 'Field',
			name: 'field',
			// In the order in which a row is filled in; by the alphabet, Attribute would stand before what decides whether it is shown.
			values: [
				{
					displayName: 'Khaos Column',
					name: 'column',
					type: 'string',
					noDataExpression: true,
					default: '',
					required: true,
					placeholder: 'e.g. SHORT_DESC',
					description: 'Name of the import column, in exactly this case. A user-defined attribute is written UDA:Name.',
				},
				{
					displayName: 'Value From',
					name: 'valueFrom',
					type: 'options',
					noDataExpression: true,
					options: [
						{
							name: 'Fixed Value or Expression',
							value: 'fixed',
							description: 'The same for every product, or worked out by an expression',
						},
						{ name: 'Pimberly Attribute', value: 'attribute' },
						{ name: 'Primary ID', value: 'primaryId' },
					],
					default: 'attribute',
					description: 'Where the value comes from',
				},
				attributeProperty({
					displayName: 'Attribute',
					name: 'attribute',
					placeholder: 'e.g. itemName',
					description: 'Name of the Pimberly attribute. Drag it in from the input, or type it.',
					displayOptions: { show: { valueFrom: ['attribute'] } },
				}),
				{
					displayName: 'Value',
					name: 'value',
					type: 'string',
					default: '',
					placeholder: 'e.g. 1',
					description: 'The value itself, or an expression over the product',
					displayOptions: { show: { valueFrom: ['fixed'] } },
				},
				{
					displayName: 'Type',
					name: 'type',
					type: 'options',
					noDataExpression: true,
					options: [
						{ name: 'Automatic', value: 'automatic', description: 'By what the column takes' },
						{ name: 'List', value: 'list', description: 'Several values, joined by commas' },
						{ name: 'Number', value: 'number', description: 'A plain decimal such as 12.50' },
						{ name: 'Rich Text', value: 'richText', description: 'Text with markup, kept as it is' },
						{ name: 'Text', value: 'text' },
						{ name: 'Yes or No', value: 'boolean', description: 'Written as -1 and 0' },
					],
					default: 'automatic',
					description: 'How the value is read and written',
				},
				fieldOptions,
			],
		},
	],
};
