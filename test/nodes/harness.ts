import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import {
	ICredentialsHelper,
	Workflow,
	type IDataObject,
	type IExecuteData,
	type INode,
	type INodeExecutionData,
	type INodeParameters,
	type INodeType,
	type INodeTypes,
	type IWebhookResponseData,
	type IWorkflowExecuteAdditionalData,
	type WorkflowActivateMode,
	type WorkflowExecuteMode,
} from 'n8n-workflow';
import { ExecuteContext, PollContext, TriggerContext, WebhookContext } from 'n8n-core';

/**
 * Runs a node of this package in n8n's own contexts (parameters with their defaults and expressions, credentials, HTTP
 * helpers, static data), without an n8n around it.
 */

export interface NodeUnderTest {
	node: INodeType;
	parameters?: INodeParameters;
	/** By credential type, decrypted. */
	credentials?: Record<string, IDataObject>;
	/** Default: a name made from the node's type. */
	name?: string;
	/** Default: the same for all. */
	id?: string;
	continueOnFail?: boolean;
}

class GivenCredentials extends ICredentialsHelper {
	constructor(private readonly credentials: Record<string, IDataObject>) {
		super();
	}
	getParentTypes = () => [];
	authenticate = async (_data: unknown, _type: string, request: never) => request;
	preAuthentication = async () => undefined;
	runPreAuthentication = async () => undefined;
	isCredentialUsableByNode = () => true;
	getCredentials = async () => Promise.reject(new Error('stored credentials are not part of this harness'));
	getDecrypted = async (_additional: unknown, _of: unknown, type: string) => ({ ...this.credentials[type] }) as never;
	updateCredentials = async () => undefined;
	updateCredentialsOauthTokenData = async () => undefined;
	getCredentialsProperties = () => [];
}

export const workflowOf = (test: NodeUnderTest, staticData: IDataObject): { workflow: Workflow; node: INode } => {
	const { description } = test.node;
	const node: INode = {
		id: test.id ?? '8b6e33a9-0c05-4bb5-9b5b-3f2f4f7a1c11',
		name: test.name ?? description.displayName,
		type: `n8n-nodes-pimberly-khaos.${description.name}`,
		typeVersion: Array.isArray(description.version) ? description.version.at(-1)! : description.version,
		position: [0, 0],
		parameters: test.parameters ?? {},
		credentials: Object.fromEntries(Object.keys(test.credentials ?? {}).map((type) => [type, { id: '1', name: type }])),
		...(test.continueOnFail === true ? { onError: 'continueRegularOutput' as const, continueOnFail: true } : {}),
	};
	const nodeTypes = {
		getByName: () => test.node,
		getByNameAndVersion: () => test.node,
		getKnownTypes: () => ({}),
	} as unknown as INodeTypes;
	const workflow = new Workflow({
		id: 'harness-workflow',
		name: 'Harness',
		nodes: [node],
		connections: {},
		active: true,
		nodeTypes,
		staticData,
		settings: { timezone: 'Europe/London' },
	});
	// The workflow fills in the defaults of the parameters.
	return { workflow, node: workflow.getNode(node.name)! };
};

export const additionalDataOf = (test: NodeUnderTest): IWorkflowExecuteAdditionalData =>
	({
		credentialsHelper: new GivenCredentials(test.credentials ?? {}),
		executionId: '42',
		restApiUrl: 'http://localhost/rest',
		instanceBaseUrl: 'http://localhost/',
		webhookBaseUrl: 'http://localhost/webhook',
		webhookWaitingBaseUrl: 'http://localhost/webhook-waiting',
		webhookTestBaseUrl: 'http://localhost/webhook-test',
		formWaitingBaseUrl: 'http://localhost/form-waiting',
		variables: {},
		setExecutionStatus: () => undefined,
	}) as unknown as IWorkflowExecuteAdditionalData;

/** Items as an earlier node would have handed them over. */
export const itemsOf = (...json: IDataObject[]): INodeExecutionData[] =>
	json.map((each, item) => ({ json: each, pairedItem: { item } }));

/** The context itself, for what is not a whole node. */
export function executeContext(test: NodeUnderTest, items: INodeExecutionData[] = itemsOf({})): ExecuteContext {
	const { workflow, node } = workflowOf(test, {});
	const inputData = { main: [items] };
	const executeData: IExecuteData = { node, data: inputData, source: { main: [{ previousNode: 'Before' }] } };
	const runData = { resultData: { runData: {} }, executionData: undefined } as never;
	return new ExecuteContext(
		workflow,
		node,
		additionalDataOf(test),
		'manual',
		runData,
		0,
		items,
		inputData,
		executeData,
		[],
	);
}

/** Runs a node over these items: its outputs, one list an output. */
export async function run(
	test: NodeUnderTest,
	items: INodeExecutionData[] = itemsOf({}),
): Promise<INodeExecutionData[][]> {
	const context = executeContext(test, items);
	return ((await test.node.execute!.call(context)) ?? []) as INodeExecutionData[][];
}

export interface PollOptions {
	/** Kept and changed as n8n would keep it between polls. */
	staticData?: IDataObject;
	mode?: WorkflowExecuteMode;
	activation?: WorkflowActivateMode;
	budgetMs?: number;
}

export interface Polling {
	/** One poll: its items, or null. */
	poll: () => Promise<INodeExecutionData[] | null>;
}

/** An activated poll trigger: n8n keeps one context for all its polls. */
export function startPolling(test: NodeUnderTest, options: PollOptions = {}): Polling {
	const { workflow, node } = workflowOf(test, {});
	const staticData = options.staticData ?? {};
	const context = new PollContext(
		workflow,
		node,
		additionalDataOf(test),
		options.mode ?? 'trigger',
		options.activation ?? 'activate',
		undefined,
		undefined,
		undefined,
		undefined,
		() => staticData,
		() => options.budgetMs ?? 300_000,
	);
	return {
		poll: async () => {
			const output = await test.node.poll!.call(context);
			return output === null ? null : (output[0] ?? []);
		},
	};
}

/** One poll of a trigger that was activated just for it. */
export const poll = async (test: NodeUnderTest, options: PollOptions = {}): Promise<INodeExecutionData[] | null> =>
	await startPolling(test, options).poll();

export interface StartedTrigger {
	emitted: INodeExecutionData[][][];
	errors: Error[];
	stop: () => Promise<void>;
}

/** Starts an event trigger; what it emits is collected. `onEmit` stands for the execution that an emission starts. */
export async function startTrigger(
	test: NodeUnderTest,
	onEmit: (items: INodeExecutionData[]) => Promise<void> = async () => undefined,
): Promise<StartedTrigger> {
	const { workflow, node } = workflowOf(test, {});
	const emitted: INodeExecutionData[][][] = [];
	const errors: Error[] = [];
	const context = new TriggerContext(
		workflow,
		node,
		additionalDataOf(test),
		'trigger',
		'activate',
		(data, _response, done) => {
			emitted.push(data);
			void onEmit(data[0] ?? []).finally(() => done?.resolve({} as never));
		},
		(error) => errors.push(error),
	);
	const response = await test.node.trigger!.call(context);
	return { emitted, errors, stop: async () => await response?.closeFunction?.() };
}

export interface ServedWebhook {
	url: string;
	/** What each call started an execution with, in the order in which the node was done. */
	started: INodeExecutionData[][];
	/** What the node threw, which n8n answers with a 500. */
	errors: Error[];
	/** Resolves when every call so far is done, not only answered. */
	settled: () => Promise<void>;
	stop: () => Promise<void>;
}

/** Serves a webhook trigger over real HTTP, with the body read and parsed as n8n does it. */
export async function serveWebhook(test: NodeUnderTest, mode: WorkflowExecuteMode = 'webhook'): Promise<ServedWebhook> {
	const { workflow, node } = workflowOf(test, {});
	const started: INodeExecutionData[][] = [];
	const errors: Error[] = [];
	const calls: Array<Promise<void>> = [];
	const server = createServer((request, response) => {
		const call = async (): Promise<void> => {
			const rawBody = await bodyOf(request);
			const isJson = request.headers['content-type']?.startsWith('application/json') === true;
			const body = isJson ? (JSON.parse(rawBody.toString()) as IDataObject) : rawBody.toString();
			const httpRequest = Object.assign(request, { rawBody, body });
			const additionalData = { ...additionalDataOf(test), httpRequest, httpResponse: response } as never;
			const context = new WebhookContext(workflow, node, additionalData, mode, {} as never, [], null);
			const outcome: IWebhookResponseData = await test.node.webhook!.call(context);
			if (outcome.workflowData?.[0] !== undefined) started.push(outcome.workflowData[0]);
			if (outcome.noWebhookResponse !== true)
				response.writeHead(200).end(JSON.stringify(outcome.webhookResponse ?? {}));
		};
		calls.push(
			call().catch((error: Error) => {
				errors.push(error);
				if (!response.headersSent) response.writeHead(500).end('{}');
			}),
		);
	});
	await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook/${test.node.description.name}`,
		started,
		errors,
		settled: async () => void (await Promise.all(calls)),
		stop: async () => {
			server.closeAllConnections();
			await new Promise((closed) => server.close(closed));
		},
	};
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks);
}
