import {
	NodeConnectionTypes,
	NodeOperationError,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { ProfileError } from '../../lib/catalogue/checkProfile';
import { mapProduct, type Mapped } from '../../lib/catalogue/mapProduct';
import type { MappingProfile } from '../../lib/catalogue/profile';
import { productSchema } from '../../lib/shapes';
import { failedItem } from '../failedItem';
import { operationErrorOf } from '../operationError';
import { fieldsProperty } from './fieldProperties';
import { hintsOf } from './hints';
import { kitProperties } from './kitProperties';
import { priceProperties } from './priceProperties';
import { optionsProperty, productProperties } from './productProperties';
import { profileFromParameters } from './profileFromParameters';
import { variantProperties } from './variantProperties';

export class PimberlyKhaosMapper implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Pimberly to Khaos Mapper',
		name: 'pimberlyKhaosMapper',
		icon: { light: 'file:mapper.svg', dark: 'file:mapper.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ ($parameter["fields"]["field"] || []).length + " fields" }}',
		description: 'Turns Pimberly products into changes for Khaos Control',
		defaults: { name: 'Pimberly to Khaos Mapper' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		outputNames: ['Changes', 'Rejected'],
		usableAsTool: true,
		properties: [
			...productProperties,
			fieldsProperty,
			...variantProperties,
			...kitProperties,
			...priceProperties,
			optionsProperty,
		],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const changes: INodeExecutionData[] = [];
		const rejected: INodeExecutionData[] = [];
		const mapped: Mapped[] = [];
		const profiles = new ProfileOfItem(this);

		for (const [item, { json }] of this.getInputData().entries()) {
			try {
				const result = mapProduct(productOf(this, json, item), profiles.of(item));
				mapped.push(result);
				const pairedItem = { item };
				if ('rejection' in result) rejected.push({ json: result.rejection as unknown as IDataObject, pairedItem });
				else changes.push(...result.changes.map((change) => ({ json: change as unknown as IDataObject, pairedItem })));
			} catch (error) {
				const named = inWordsOfTheNode(this, error, item);
				if (!this.continueOnFail()) throw named;
				rejected.push(failedItem(item, named));
			}
		}

		const hints = hintsOf(mapped);
		if (hints.length > 0) this.addExecutionHints(...hints);
		return [changes, rejected];
	}
}

/** Every parameter but the rows of the fields, which are read by themselves for their expressions. */
const PARAMETERS = [...productProperties, ...variantProperties, ...kitProperties, ...priceProperties, optionsProperty]
	.filter(({ type }) => type !== 'notice')
	.map(({ name, default: fallback }) => ({ name, fallback }));

/** The profile of each item. Expressions may give each product its own; without them one parse serves all. */
class ProfileOfItem {
	private last: { written: string; profile: MappingProfile } | null = null;

	constructor(private readonly context: IExecuteFunctions) {}

	of(item: number): MappingProfile {
		const raw = {
			...Object.fromEntries(
				PARAMETERS.map(({ name, fallback }) => [name, this.context.getNodeParameter(name, item, fallback)]),
			),
			fields: this.context.getNodeParameter('fields.field', item, []),
		};
		const written = JSON.stringify(raw);
		if (this.last?.written !== written) this.last = { written, profile: profileFromParameters(raw) };
		return this.last.profile;
	}
}

function productOf(context: IExecuteFunctions, json: IDataObject, itemIndex: number) {
	const parsed = productSchema.safeParse(json);
	if (parsed.success) return parsed.data;
	const missing = [...new Set(parsed.error.issues.map(({ path }) => path.join('.')))].join(', ');
	throw new NodeOperationError(
		context.getNode(),
		`Item ${itemIndex} is not a Pimberly product: ${missing} is missing or not as expected`,
		{
			itemIndex,
			description:
				'Connect this node to the Pimberly Trigger, or to the Pimberly node (Product: Get or Get Many), and pass its items on unchanged.',
		},
	);
}

function inWordsOfTheNode(context: IExecuteFunctions, error: unknown, itemIndex: number): NodeOperationError {
	if (error instanceof ProfileError) {
		const [first = '', ...more] = error.problems;
		const message =
			more.length === 0
				? 'The mapping can’t be used'
				: `The mapping can’t be used, for ${error.problems.length} reasons`;
		return new NodeOperationError(context.getNode(), message, { itemIndex, description: [first, ...more].join('\n') });
	}
	return operationErrorOf(context.getNode(), error, itemIndex);
}
