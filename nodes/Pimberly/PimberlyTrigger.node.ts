import {
	NodeConnectionTypes,
	NodeOperationError,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IPollFunctions,
} from 'n8n-workflow';

import type { Product } from '../../lib/shapes';
import type { PimberlyClient } from '../../lib/pimberly/client';
import { PimberlyError } from '../../lib/pimberly/pimberlyError';
import { sampleProducts, scanStep, type ScanSettings, type StepOutcome } from '../../lib/pimberly/scan';
import { pimberlyConnectionTest, syncLedgerConnectionTest } from '../credentialTests';
import { nodeErrorOf, pimberlyOf } from './account';
import { productsOfHints } from './hintedProducts';
import { forgetfulPort, pimberlyLedgerOf, scanPortOf } from './scanMemory';
import { scanProperties, scanSettingsOf, type TriggerOptions } from './scanParameters';

/** Of n8n's budget for a poll, what the scan may use; the rest is for handing the products over. */
const SHARE_OF_BUDGET = 0.9;
/** What n8n gives a poll where it does not say. */
const USUAL_BUDGET_MS = 300_000;
/** Notified products are left to the next poll when less time than this is left. */
const LEAST_READING_MS = 2_000;
const SAMPLE_SIZE = 10;

export class PimberlyTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Pimberly Trigger',
		name: 'pimberlyTrigger',
		icon: { light: 'file:pimberly.svg', dark: 'file:pimberly.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["source"] === "channel" ? "products in a channel" : "created or updated products" }}',
		description: 'Starts the workflow with products that were created or updated in Pimberly',
		defaults: { name: 'Pimberly Trigger' },
		polling: true,
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{ name: 'pimberlyApi', displayName: 'Pimberly', required: true, testedBy: 'pimberlyConnectionTest' },
			// With it, the place in the list is kept there and moves only over what Sequencer: Add has recorded.
			{ name: 'syncLedgerApi', displayName: 'Sync Ledger', required: false, testedBy: 'syncLedgerConnectionTest' },
		],
		properties: [
			{
				displayName:
					'With a Sync Ledger, products count as brought once Sequencer: Add has recorded them, so a crash loses nothing. Without one, they count as brought when the workflow starts.',
				name: 'ledgerNotice',
				type: 'notice',
				default: '',
			},
			...scanProperties,
		],
	};

	methods = { credentialTest: { pimberlyConnectionTest, syncLedgerConnectionTest } };

	async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
		const products = await (this.getMode() === 'manual' ? sampleOf(this) : productsOf(this)).catch((error: unknown) =>
			Promise.reject(nodeErrorOf(this.getNode(), error)),
		);
		if (products.length === 0) return null;
		return [
			products.map(
				(product): INodeExecutionData => ({
					json: { ...product, attributes: { ...product.attributes } } as INodeExecutionData['json'],
				}),
			),
		];
	}
}

async function accountOf(context: IPollFunctions): Promise<{ client: PimberlyClient; settings: ScanSettings }> {
	const settings = scanSettingsOf(context);
	const { timeoutSeconds = 20 } = context.getNodeParameter('options', {}) as TriggerOptions;
	const client = await pimberlyOf(context, timeoutSeconds);
	if (settings.source === 'channel' && client.connection.tokenKind !== 'channel') {
		throw new NodeOperationError(context.getNode(), 'A work-queue channel is read with the token of that channel', {
			description:
				'With a feed token every poll would bring the whole account. Choose a Pimberly API credential with the channel’s token, or set Products to Created or Updated.',
		});
	}
	return { client, settings };
}

async function sampleOf(context: IPollFunctions): Promise<Product[]> {
	const { client, settings } = await accountOf(context);
	const sample = await sampleProducts(client, forgetfulPort(), settings, SAMPLE_SIZE);
	if (sample.length === 0) {
		throw new NodeOperationError(context.getNode(), 'There is no product to show', {
			description:
				settings.onlyWhen === null
					? 'Pimberly lists none for this token.'
					: 'None of the first products in Pimberly meets Only When.',
		});
	}
	return sample;
}

/** n8n keeps one context for all polls of an activation, so a context not seen before is the poll inside the activation. */
const activated = new WeakSet<IPollFunctions>();

async function productsOf(context: IPollFunctions): Promise<Product[]> {
	const activating = !activated.has(context);
	activated.add(context);
	const { client, settings } = await accountOf(context);
	const port = await scanPortOf(context, client.connection);
	// Older versions of n8n don't say how long a poll may take.
	const budgetMs = ('getPollBudgetMs' in context ? context.getPollBudgetMs() : USUAL_BUDGET_MS) * SHARE_OF_BUDGET;
	const start = Date.now();
	const outcome = await scanStep({ client, port, now: Date.now, budgetMs }, settings).catch((error: unknown) => {
		// An outage must not keep the workflow from being activated; a wrong token or address has to.
		if (activating && error instanceof PimberlyError && error.transient) {
			context.logger.warn(`Pimberly Trigger: ${error.message} ${error.remedy}`);
			return null;
		}
		return Promise.reject(error);
	});
	if (outcome === null) return [];
	const products = scannedProducts(context, outcome);
	const notified = await notifiedProducts(context, client, settings, budgetMs - (Date.now() - start));
	// What the scan has just read is not emitted twice: its receipt ends the notification, too.
	const read = new Map(products.map(({ primaryId, dateUpdated }) => [primaryId, dateUpdated]));
	return [...products, ...notified.filter((product) => (read.get(product.primaryId) ?? '') < product.dateUpdated)];
}

/**
 * Products of notifications that the Pimberly Webhook Trigger kept in the same ledger and that did not get through: it could
 * not read them, or no execution recorded them.
 */
async function notifiedProducts(
	context: IPollFunctions,
	client: PimberlyClient,
	settings: ScanSettings,
	budgetMs: number,
): Promise<Product[]> {
	const hasLedger = context.getNode().credentials?.['syncLedgerApi'] !== undefined;
	if (!hasLedger || client.connection.tokenKind !== 'feed' || budgetMs < LEAST_READING_MS) return [];
	const ledger = await pimberlyLedgerOf(context, client.connection);
	return await productsOfHints(context, { client, ledger, settings }, budgetMs).catch((error: unknown) => {
		// What the scan found is handed over all the same; the notifications stay where they are.
		context.logger.warn(`Pimberly Trigger: ${error instanceof Error ? error.message : String(error)}`);
		return [];
	});
}

function scannedProducts(context: IPollFunctions, outcome: StepOutcome): Product[] {
	if (outcome.status !== 'done') {
		context.logger.debug(`Pimberly Trigger: nothing to do, the scan is ${outcome.status}`);
		return [];
	}
	for (const warning of outcome.warnings) context.logger.warn(`Pimberly Trigger: ${warning}`);
	if (outcome.cutShortBy !== null) {
		context.logger.warn(`Pimberly Trigger: ${outcome.cutShortBy.message} The next poll goes on from there.`);
	}
	return outcome.products;
}
