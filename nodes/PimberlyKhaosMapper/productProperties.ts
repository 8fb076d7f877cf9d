import type { INodeProperties } from 'n8n-workflow';

import { attributeProperty } from './attributeProperty';

/** How a product's stock code and type are told. */
export const productProperties: INodeProperties[] = [
	{
		displayName:
			'Each product becomes changes for Khaos Control: its stock item, the relation of a kit, its list prices. One with a fault leaves by the Rejected output, with every reason and with what of it is sent all the same. Connect both outputs to Sequencer: Add. Stock levels are never written.',
		name: 'notice',
		type: 'notice',
		default: '',
	},
	{
		displayName: 'Stock Code From',
		name: 'stockCodeFrom',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Attribute', value: 'attribute', description: 'Another attribute holds the stock code' },
			{ name: 'Primary ID', value: 'primaryId', description: 'The primary ID in Pimberly is the stock code in Khaos' },
		],
		default: 'primaryId',
		description: 'What identifies a product in Khaos. Changing it later gives every product another stock code.',
	},
	attributeProperty({
		displayName: 'Stock Code Attribute',
		name: 'stockCodeAttribute',
		required: true,
		placeholder: 'e.g. sku',
		description: 'Name of the Pimberly attribute that holds the stock code. Drag it in from the input, or type it.',
		displayOptions: { show: { stockCodeFrom: ['attribute'] } },
	}),
	attributeProperty({
		displayName: 'Parent Stock Code Attribute',
		name: 'parentStockCodeAttribute',
		placeholder: 'e.g. parentSku',
		description:
			'An attribute of variants that holds their parent’s stock code. Without one, a variant waits until its parent has come through the sync itself.',
		displayOptions: { show: { stockCodeFrom: ['attribute'] } },
	}),
	attributeProperty({
		displayName: 'Product Type Attribute',
		name: 'productTypeAttribute',
		default: 'productType',
		placeholder: 'e.g. productType',
		description:
			'Name of the attribute that tells simple products, variant parents, variants and bundles apart. Leave it empty to go by parents and items.',
	}),
	{
		displayName: 'Product Type Values',
		name: 'productTypeValues',
		type: 'collection',
		placeholder: 'Add Type',
		default: { simple: 'Simple', variantParent: 'VariantParent', variant: 'Variant', bundle: 'Bundle' },
		description: 'What that attribute reads for each type; several values separated by commas',
		options: [
			{
				displayName: 'Bundle',
				name: 'bundle',
				type: 'string',
				noDataExpression: true,
				default: 'Bundle',
				description: 'A set of other products, sold as one',
			},
			{
				displayName: 'Simple',
				name: 'simple',
				type: 'string',
				noDataExpression: true,
				default: 'Simple',
				description: 'A product that stands alone',
			},
			{
				displayName: 'Variant',
				name: 'variant',
				type: 'string',
				noDataExpression: true,
				default: 'Variant',
				description: 'A colour or size of a variant parent',
			},
			{
				displayName: 'Variant Parent',
				name: 'variantParent',
				type: 'string',
				noDataExpression: true,
				default: 'VariantParent',
				description: 'The product that variants belong to',
			},
		],
	},
];

export const optionsProperty: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options: [
		{
			displayName: 'Variant Parents Without Stock Control',
			name: 'variantParentsUncontrolled',
			type: 'boolean',
			noDataExpression: true,
			default: true,
			description: 'Whether CONTROLLED is 0 for every variant parent, whatever its attribute says. Khaos wants it so.',
		},
		{
			displayName: 'Wait for Parents',
			name: 'waitForParents',
			type: 'options',
			noDataExpression: true,
			options: [
				{ name: 'Every Product That Has Parents', value: 'all' },
				{ name: 'Variants Only', value: 'variants' },
			],
			default: 'all',
			description:
				'Which products are held until their parents are confirmed in Khaos. Choose Variants Only where Pimberly groups products under parents that are no stock items.',
		},
	],
};
