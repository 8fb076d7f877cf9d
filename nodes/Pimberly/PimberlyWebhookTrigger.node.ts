import type { IncomingMessage, ServerResponse } from 'node:http';

import {
	NodeConnectionTypes,
	NodeOperationError,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import type { PimberlyClient } from '../../lib/pimberly/client';
import type { Hint } from '../../lib/pimberly/hintPort';
import { sampleOfHints, type HintSettings } from '../../lib/pimberly/hintStep';
import { DEFAULT_HEADINGS } from '../../lib/pimberly/product';
import { holdsSecret, sharedSecretSchema } from '../../lib/pimberly/sharedSecret';
import { LARGEST_NOTIFICATION, readNotification } from '../../lib/pimberly/webhookPayload';
import type { Product } from '../../lib/shapes';
import { pimberlyConnectionTest, pimberlyWebhookSecretTest, syncLedgerConnectionTest } from '../credentialTests';
import { nodeErrorOf, pimberlyOf } from './account';
import { productsOfHints } from './hintedProducts';
import {
	onlyWhenOf,
	onlyWhenProperty,
	parallelOption,
	relationProperties,
	relationsFromOption,
	relationsOfParameters,
	timeoutOption,
	triggerParametersOf,
	type ReadOptions,
} from './productParameters';
import { forgetfulPort, pimberlyLedgerOf } from './scanMemory';

/** How long the products of notifications may take to be read, after Pimberly has its answer. */
const READING_MS = 30_000;

// Where and how Pimberly registers webhooks is not documented (pimberly-api 4.1), so people paste the address into Pimberly.
// eslint-disable-next-line @n8n/community-nodes/webhook-lifecycle-complete
export class PimberlyWebhookTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Pimberly Webhook Trigger',
		name: 'pimberlyWebhookTrigger',
		icon: { light: 'file:pimberly.svg', dark: 'file:pimberly.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: 'notified products',
		description: 'Starts the workflow with a product as soon as Pimberly says that it was created or updated',
		eventTriggerDescription: 'Change a product in Pimberly that the webhook is set up for',
		activationMessage: 'Pimberly’s notifications to the production URL now start the workflow.',
		defaults: { name: 'Pimberly Webhook Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{
				name: 'pimberlyWebhookApi',
				displayName: 'Webhook Secret',
				required: true,
				testedBy: 'pimberlyWebhookSecretTest',
			},
			{ name: 'pimberlyApi', displayName: 'Pimberly', required: true, testedBy: 'pimberlyConnectionTest' },
			// A notification is kept there before Pimberly gets its answer, until Sequencer: Add has recorded the product.
			{ name: 'syncLedgerApi', displayName: 'Sync Ledger', required: true, testedBy: 'syncLedgerConnectionTest' },
		],
		webhooks: [{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'pimberly' }],
		properties: [
			{
				displayName:
					'Paste the production URL above into a webhook in Pimberly, for create, update and delete, and let it send the header of the Pimberly Webhook API credential. Pimberly does not document a way for n8n to do this by itself.',
				name: 'registrationNotice',
				type: 'notice',
				default: '',
			},
			{
				displayName:
					'Keep a Pimberly Trigger with the same Sync Ledger beside this node: it finds what Pimberly never notified of, and brings notified products again that got lost on their way',
				name: 'pollNotice',
				type: 'notice',
				default: '',
			},
			...relationProperties(),
			onlyWhenProperty,
			{
				displayName: 'Options',
				name: 'options',
				type: 'collection',
				placeholder: 'Add Option',
				default: {},
				options: [parallelOption, relationsFromOption, timeoutOption],
			},
		],
	};

	methods = { credentialTest: { pimberlyConnectionTest, pimberlyWebhookSecretTest, syncLedgerConnectionTest } };

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const answer = (status: number, body: object): IWebhookResponseData => {
			const response: ServerResponse = this.getResponseObject();
			response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
			return { noWebhookResponse: true };
		};

		if (!(await isGenuine(this))) return answer(401, { message: 'Unauthorized' });
		if (sizeOf(this) > LARGEST_NOTIFICATION) return answer(413, { message: 'The notification is too large.' });
		const notification = readNotification(bodyOf(this));
		if (!notification.ok) return answer(400, { message: notification.reason });

		const { hints } = notification;
		const account = await accountOf(this).catch((error: unknown) => Promise.reject(nodeErrorOf(this.getNode(), error)));
		if (this.getMode() === 'manual') {
			answer(200, { received: hints.length });
			return startedWith(await sampleOf(this, account, hints));
		}

		const ledger = await pimberlyLedgerOf(this, account.client.connection);
		await ledger.hints.add(hints);
		// From here on nothing can be lost, so Pimberly does not wait for what it is asked now.
		answer(200, { received: hints.length });
		const products = await productsOfHints(this, { ...account, ledger }, READING_MS).catch((error: unknown) => {
			this.logger.error(`${this.getNode().name}: ${error instanceof Error ? error.message : String(error)}`);
			return [];
		});
		return startedWith(products);
	}
}

/** Pimberly has its answer already; without products no execution starts. */
const startedWith = (products: Product[]): IWebhookResponseData => ({
	noWebhookResponse: true,
	...(products.length === 0 ? {} : { workflowData: [products.map((product) => ({ json: { ...product } }))] }),
});

async function isGenuine(context: IWebhookFunctions): Promise<boolean> {
	const expected = sharedSecretSchema.safeParse(await context.getCredentials('pimberlyWebhookApi'));
	if (!expected.success) {
		context.logger.warn(
			`${context.getNode().name}: the Pimberly Webhook API credential has no secret, so every call is refused`,
		);
		return false;
	}
	return holdsSecret(context.getRequestObject().headers, expected.data);
}

const rawBodyOf = (context: IWebhookFunctions): Buffer | undefined =>
	(context.getRequestObject() as IncomingMessage & { rawBody?: Buffer }).rawBody;

/** Of the body, in bytes. */
const sizeOf = (context: IWebhookFunctions): number =>
	rawBodyOf(context)?.length ?? Number(context.getRequestObject().headers['content-length'] ?? 0);

/** The body as JSON, whatever its content type says: n8n parses what is marked as JSON. Undefined: it is none. */
function bodyOf(context: IWebhookFunctions): unknown {
	const body: unknown = context.getBodyData();
	if (typeof body === 'object' && body !== null && Object.keys(body).length > 0) return body;
	try {
		return JSON.parse(rawBodyOf(context)?.toString('utf8') ?? '') as unknown;
	} catch {
		return undefined;
	}
}

async function accountOf(context: IWebhookFunctions): Promise<{ client: PimberlyClient; settings: HintSettings }> {
	const options = context.getNodeParameter('options', {}) as ReadOptions;
	const client = await pimberlyOf(context, options.timeoutSeconds ?? 20);
	if (client.connection.tokenKind !== 'feed') {
		throw new NodeOperationError(context.getNode(), 'Notified products are read with the token of a feed', {
			description:
				'A channel’s token can’t read a single product. Choose a Pimberly API credential with the token of a feed; a work-queue channel needs no webhook.',
		});
	}
	const read = triggerParametersOf(context);
	return {
		client,
		settings: {
			headings: DEFAULT_HEADINGS,
			onlyWhen: onlyWhenOf(read),
			relations: relationsOfParameters(read, options),
		},
	};
}

/** The notified products as they are, whether they are ready or not: for trying a workflow out. The ledger learns nothing. */
async function sampleOf(
	context: IWebhookFunctions,
	{ client, settings }: { client: PimberlyClient; settings: HintSettings },
	hints: Hint[],
): Promise<Product[]> {
	const ledger = await pimberlyLedgerOf(context, client.connection);
	const known = await ledger.hints.primaryIdsOf(
		hints.filter(({ idKind }) => idKind === 'internalId').map(({ id }) => id),
	);
	const taken = hints.map((hint, hintId) => ({
		...hint,
		hintId,
		primaryId: hint.idKind === 'primaryId' ? hint.id : (known.get(hint.id) ?? null),
	}));
	return await sampleOfHints(client, taken, forgetfulPort(), settings, Date.now).catch((error: unknown) => {
		context.logger.error(`${context.getNode().name}: ${error instanceof Error ? error.message : String(error)}`);
		return [];
	});
}
