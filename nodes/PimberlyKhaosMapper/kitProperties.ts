import type { INodeProperties } from 'n8n-workflow';

import { attributeProperty } from './attributeProperty';

const withComponents = { hide: { componentsFrom: ['none'] } };

/** Where a bundle's components stand, and what they make of it in Khaos. */
export const kitProperties: INodeProperties[] = [
	{
		displayName: 'Components From',
		name: 'componentsFrom',
		type: 'options',
		noDataExpression: true,
		// In the order in which accounts use them; None first, because it is what one starts with.
		options: [
			{ name: 'None', value: 'none', description: 'Bundles are plain stock items; their components are not sent' },
			{
				name: 'Delimited Text',
				value: 'text',
				description: 'One text such as SKU1*2|SKU2; without a quantity there is one',
			},
			{
				name: 'Product Set',
				value: 'productSet',
				description: 'A list of products; quantities in another attribute, or one of each',
			},
			{ name: 'Rows of Key and Value', value: 'rows', description: 'A list of rows such as SKU=A-1;QTY=2' },
		],
		default: 'none',
		description:
			'Where a bundle says which products it holds. A bundle then becomes two changes: its stock item, and the relation to its components, which waits until all of them are in Khaos.',
	},
	attributeProperty({
		displayName: 'Components Attribute',
		name: 'componentsAttribute',
		required: true,
		default: 'components',
		placeholder: 'e.g. components',
		description: 'Name of the attribute that holds the components. Drag it in from the input, or type it.',
		displayOptions: withComponents,
	}),
	{
		displayName: 'Components Are Named By',
		name: 'componentsNamedBy',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Internal ID',
				value: 'internalId',
				description: 'Pimberly’s own ID, as product sets read with a feed token have it',
			},
			{ name: 'Primary ID', value: 'primaryId', description: 'As product sets read with a channel token have it' },
			{ name: 'Stock Code', value: 'stockCode', description: 'The code that the component has in Khaos' },
		],
		default: 'stockCode',
		description: 'What the attribute names each component by',
		displayOptions: withComponents,
	},
	attributeProperty({
		displayName: 'Quantities Attribute',
		name: 'quantityAttribute',
		placeholder: 'e.g. componentQuantities',
		description:
			'Name of the attribute that holds the quantities: a list in the order of the products, or one for all. Leave it empty if there is one of each.',
		displayOptions: { show: { componentsFrom: ['productSet'] } },
	}),
	{
		displayName: 'Code Field',
		name: 'codeField',
		type: 'string',
		noDataExpression: true,
		required: true,
		default: 'SKU',
		placeholder: 'e.g. SKU',
		description: 'Key of a row that says which component it is',
		displayOptions: { show: { componentsFrom: ['rows'] } },
	},
	{
		displayName: 'Quantity Field',
		name: 'quantityField',
		type: 'string',
		noDataExpression: true,
		default: 'QTY',
		placeholder: 'e.g. QTY',
		description: 'Key of a row that says how many. Leave it empty if there is one of each.',
		displayOptions: { show: { componentsFrom: ['rows'] } },
	},
	{
		displayName: 'Kits Are',
		name: 'kitRelation',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Builds', value: 'build', description: 'Assembled beforehand; components are used up as they are built' },
			{ name: 'By Attribute', value: 'attribute', description: 'An attribute tells packs and builds apart' },
			{ name: 'Packs', value: 'pack', description: 'Picked together (Move With); components stay sellable' },
		],
		default: 'pack',
		description: 'Which relation Khaos keeps between a bundle and its components. One stock item can’t have both.',
		displayOptions: withComponents,
	},
	attributeProperty({
		displayName: 'Kit Relation Attribute',
		name: 'kitRelationAttribute',
		required: true,
		placeholder: 'e.g. bundleKind',
		description: 'Name of the attribute that tells packs and builds apart',
		displayOptions: { show: { kitRelation: ['attribute'] }, hide: { componentsFrom: ['none'] } },
	}),
	{
		displayName: 'Values for Packs',
		name: 'packValues',
		type: 'string',
		noDataExpression: true,
		required: true,
		default: 'Pack',
		description: 'What that attribute reads for a pack; several values separated by commas',
		displayOptions: { show: { kitRelation: ['attribute'] }, hide: { componentsFrom: ['none'] } },
	},
	{
		displayName: 'Values for Builds',
		name: 'buildValues',
		type: 'string',
		noDataExpression: true,
		required: true,
		default: 'Build',
		description: 'What that attribute reads for a build; several values separated by commas',
		displayOptions: { show: { kitRelation: ['attribute'] }, hide: { componentsFrom: ['none'] } },
	},
	{
		displayName: 'Kit Options',
		name: 'kitOptions',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: withComponents,
		options: [
			{
				displayName: 'Component Separator',
				name: 'itemDelimiter',
				type: 'string',
				noDataExpression: true,
				default: '|',
				description:
					'Stands between two components that come as one text. A value that is a list already is not split.',
			},
			{
				displayName: 'Field Separator',
				name: 'pairDelimiter',
				type: 'string',
				noDataExpression: true,
				default: ';',
				description: 'Stands between two fields of a row',
				displayOptions: { show: { '/componentsFrom': ['rows'] } },
			},
			{
				displayName: 'Quantity Separator',
				name: 'quantityDelimiter',
				type: 'string',
				noDataExpression: true,
				default: '*',
				description: 'Stands between a component and its quantity',
				displayOptions: { show: { '/componentsFrom': ['text'] } },
			},
			{
				displayName: 'Take Former Relations Away',
				name: 'clearFormer',
				type: 'boolean',
				noDataExpression: true,
				default: false,
				description:
					'Whether the relation of a product that is no bundle any more is taken away in Khaos. Only the Channel can do that: import files can’t.',
			},
		],
	},
];
