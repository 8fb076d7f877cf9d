import type { INodeProperties } from 'n8n-workflow';

import { attributeProperty } from './attributeProperty';

const asFamily = { show: { variantsAs: ['columns', 'channel'] } };

/** How variants and their parents are kept in Khaos. */
export const variantProperties: INodeProperties[] = [
	{
		displayName: 'Variants As',
		name: 'variantsAs',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Plain Stock Items',
				value: 'items',
				description: 'Parents and variants are stock items of their own. Any stock code will do.',
			},
			{
				name: 'SCS by the Channel',
				value: 'channel',
				description:
					'Size/colour/style families by SCSParent and SCSChild of the channel feed. Any stock code will do.',
			},
			{
				name: 'SCS by the Stock Import',
				value: 'columns',
				description:
					'Size/colour/style families by the SCS columns. A variant’s code has to be its parent’s code and suffixes.',
			},
		],
		default: 'items',
		description:
			'How Khaos keeps variants. Don’t change it once they are there: Khaos does not turn one into the other.',
	},
	{
		displayName: 'Headings',
		name: 'headings',
		type: 'fixedCollection',
		placeholder: 'Add Heading',
		description:
			'What the variants of a parent differ in, in the order in which it stands in their codes; three at most',
		typeOptions: {
			multipleValues: true,
			sortable: true,
			fixedCollection: {
				itemTitle:
					'={{ $collection.item.value.heading || "New heading" }}{{ $collection.item.value.attribute ? " = " + $collection.item.value.attribute : "" }}',
			},
		},
		default: {},
		displayOptions: asFamily,
		options: [
			{
				displayName: 'Heading',
				name: 'row',
				// In the order in which a row is filled in.
				values: [
					{
						displayName: 'Heading',
						name: 'heading',
						type: 'string',
						noDataExpression: true,
						required: true,
						default: '',
						placeholder: 'e.g. Colour',
						description: 'Its name in Khaos',
					},
					attributeProperty({
						displayName: 'Attribute',
						name: 'attribute',
						required: true,
						placeholder: 'e.g. colour',
						description: 'Name of the attribute that holds the variant’s word for it, such as Dark Red',
					}),
					attributeProperty({
						displayName: 'Suffix Attribute',
						name: 'suffixAttribute',
						placeholder: 'e.g. colourCode',
						description:
							'Name of the attribute that holds its abbreviation, such as RED. Leave it empty to take it from the variant’s code, after the parent’s.',
					}),
				],
			},
		],
	},
	{
		displayName: 'Suffix Separator',
		name: 'suffixSeparator',
		type: 'string',
		noDataExpression: true,
		default: '-',
		placeholder: 'e.g. -',
		description:
			'What Khaos puts between the parent’s code and each suffix, as it is set up at your site. May be empty.',
		displayOptions: asFamily,
	},
	{
		displayName: 'Variant Options',
		name: 'variantOptions',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: { show: { variantsAs: ['columns'] } },
		options: [
			{
				displayName: 'Codes That Don’t Fit',
				name: 'otherwise',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Reject', value: 'reject', description: 'The variant is an exception until its code is corrected' },
					{ name: 'Send as Plain Item', value: 'item', description: 'With a warning' },
				],
				default: 'reject',
				description: 'What becomes of a variant whose code is not its parent’s code with a suffix for each heading',
			},
			{
				displayName: 'Update Children By',
				name: 'updateBy',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Their Own Code', value: 'code', description: 'One row with the child’s own stock code' },
					{
						name: 'SCS Columns',
						value: 'columns',
						description: 'The parent’s code and suffixes again, as when it was made',
					},
				],
				default: 'code',
				description:
					'How a child that Khaos has is addressed. The vendor documents only how children are made; choose SCS Columns if your Khaos refuses the own code.',
			},
		],
	},
];
