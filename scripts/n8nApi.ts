import { z } from 'zod';

/** The owner of the demo's n8n. It listens on this machine only, so the password may be shown to whoever started it. */
export interface Owner {
	email: string;
	password: string;
}

export interface WorkflowNode {
	id?: string;
	name: string;
	type: string;
	typeVersion: number;
	parameters?: Record<string, unknown>;
	credentials?: Record<string, { id: string | null; name: string }>;
	[key: string]: unknown;
}

/** A workflow as the editor exports it; only these members are taken over. */
export interface WorkflowTemplate {
	name: string;
	nodes: WorkflowNode[];
	connections: Record<string, unknown>;
	settings?: Record<string, unknown>;
}

export interface Credential {
	id: string;
	name: string;
	type: string;
}

const idSchema = z.object({ id: z.string() });
const credentialSchema = z.object({ id: z.string(), name: z.string(), type: z.string() });
const savedWorkflowSchema = z.object({
	name: z.string(),
	nodes: z.array(z.object({ name: z.string(), parameters: z.record(z.unknown()) }).passthrough()),
	connections: z.record(z.unknown()),
	settings: z.object({ executionOrder: z.string().optional(), saveDataSuccessExecution: z.string().optional() }),
});
const workflowSchema = z.object({ id: z.string(), name: z.string(), active: z.boolean() });
const executionSchema = z.object({
	id: z.union([z.string(), z.number()]).transform(String),
	status: z.string().optional(),
	mode: z.string().optional(),
	finished: z.boolean().optional(),
	workflowId: z.string().nullish(),
	startedAt: z.string().nullish(),
	stoppedAt: z.string().nullish(),
	data: z.unknown().optional(),
});
export type Execution = z.infer<typeof executionSchema>;
const nodeTypesSchema = z.object({
	data: z.array(z.object({ credentials: z.array(z.object({ name: z.string() })).optional() })),
});

/** n8n said no. The message holds the call and n8n's own words, never what was sent. */
export class N8nRefused extends Error {
	override readonly name = 'N8nRefused';

	constructor(
		readonly status: number,
		call: string,
		words: string,
	) {
		super(`n8n answered ${call} with ${status}: ${words.slice(0, 600)}`);
	}
}

/** n8n's REST API as the editor uses it (for the owner) and its public API (for the rest). */
export class N8nApi {
	private constructor(
		private readonly url: string,
		private readonly cookie: string,
		private readonly apiKey: string,
	) {}

	/** Makes the owner of a fresh n8n, or signs in, and gets an API key for this session. */
	static async signIn(url: string, owner: Owner): Promise<N8nApi> {
		const fresh = await call(url, 'GET', '/rest/settings', {});
		const settings = z
			.object({ data: z.object({ userManagement: z.object({ showSetupOnFirstLoad: z.boolean().optional() }) }) })
			.parse(fresh.body);
		const answer = settings.data.userManagement.showSetupOnFirstLoad
			? await call(url, 'POST', '/rest/owner/setup', {}, { ...owner, firstName: 'Demo', lastName: 'Owner' })
			: await call(url, 'POST', '/rest/login', {}, { emailOrLdapLoginId: owner.email, password: owner.password });
		const cookie = answer.cookies.map((text) => text.split(';')[0]).join('; ');
		const scopes = z
			.object({ data: z.array(z.string()) })
			.parse((await call(url, 'GET', '/rest/api-keys/scopes', { cookie })).body).data;
		const label = `demo ${Date.now()}`;
		const created = await call(url, 'POST', '/rest/api-keys', { cookie }, { label, expiresAt: null, scopes });
		const { rawApiKey } = z.object({ data: z.object({ rawApiKey: z.string() }) }).parse(created.body).data;
		return new N8nApi(url, cookie, rawApiKey);
	}

	async createCredential(name: string, type: string, data: Record<string, unknown>): Promise<Credential> {
		const created = await this.public('POST', '/credentials', { name, type, data });
		return { ...idSchema.parse(created), name, type };
	}

	async credentials(): Promise<Credential[]> {
		return z.object({ data: z.array(credentialSchema) }).parse(await this.public('GET', '/credentials?limit=100')).data;
	}

	async updateCredential(id: string, data: Record<string, unknown>): Promise<void> {
		await this.public('PATCH', `/credentials/${id}`, { data });
	}

	/** Imports a template and gives each node those of the credentials that its type asks for. */
	async importWorkflow(
		template: WorkflowTemplate,
		credentials: Credential[],
	): Promise<{ id: string; name: string; active: boolean }> {
		const wanted = await this.credentialTypes(template.nodes);
		const nodes = template.nodes.map((node) => {
			const own = credentials.filter(({ type }) => wanted.get(node.type)?.includes(type) || node.credentials?.[type]);
			if (own.length === 0) return node;
			return { ...node, credentials: Object.fromEntries(own.map(({ id, name, type }) => [type, { id, name }])) };
		});
		const { name, connections, settings = {} } = template;
		return workflowSchema.parse(await this.public('POST', '/workflows', { name, nodes, connections, settings }));
	}

	/** Sets parameters of one node of a workflow, as somebody does in its panel; a workflow that is active has to be activated again. */
	async changeNode(workflowId: string, nodeName: string, parameters: Record<string, unknown>): Promise<void> {
		const { name, nodes, connections, settings } = savedWorkflowSchema.parse(
			await this.public('GET', `/workflows/${workflowId}`),
		);
		const changed = nodes.map((node) =>
			node.name === nodeName ? { ...node, parameters: { ...node.parameters, ...parameters } } : node,
		);
		await this.public('PUT', `/workflows/${workflowId}`, { name, nodes: changed, connections, settings });
	}

	async workflows(): Promise<Array<{ id: string; name: string; active: boolean }>> {
		return z.object({ data: z.array(workflowSchema) }).parse(await this.public('GET', '/workflows?limit=100')).data;
	}

	async activate(workflowId: string): Promise<void> {
		await this.public('POST', `/workflows/${workflowId}/activate`);
	}

	async deactivate(workflowId: string, withinMs?: number): Promise<void> {
		await this.public('POST', `/workflows/${workflowId}/deactivate`, undefined, withinMs);
	}

	/** Runs a workflow from one of its triggers, as the editor's button does; gives the execution's id. */
	async run(workflowId: string, triggerName: string): Promise<string> {
		const started = await call(
			this.url,
			'POST',
			`/rest/workflows/${workflowId}/run`,
			{ cookie: this.cookie },
			{ triggerToStartFrom: { name: triggerName } },
		);
		return z
			.object({ data: z.object({ executionId: z.union([z.string(), z.number()]).transform(String) }) })
			.parse(started.body).data.executionId;
	}

	/** All rows of the Data Table of that name. */
	async dataTableRows(table: string): Promise<Array<Record<string, unknown>>> {
		const id = await this.dataTableId(table);
		return z
			.object({ data: z.array(z.record(z.unknown())) })
			.parse(await this.public('GET', `/data-tables/${id}/rows?limit=250`)).data;
	}

	/** Edits the rows whose exceptionId is that, as somebody does in the table's own page. */
	async updateDataTableRow(table: string, exceptionId: string, data: Record<string, string>): Promise<void> {
		const filter = { type: 'and', filters: [{ columnName: 'exceptionId', condition: 'eq', value: exceptionId }] };
		await this.public('PATCH', `/data-tables/${await this.dataTableId(table)}/rows/update`, { filter, data });
	}

	private async dataTableId(name: string): Promise<string> {
		const tables = z
			.object({ data: z.array(z.object({ id: z.string(), name: z.string() })) })
			.parse(await this.public('GET', '/data-tables?limit=100'));
		const table = tables.data.find((one) => one.name === name);
		if (table === undefined) throw new Error(`n8n has no Data Table ${name}.`);
		return table.id;
	}

	/** The latest executions, newest first. */
	async executions(
		query: { workflowId?: string; status?: string; limit?: number; includeData?: boolean } = {},
	): Promise<Execution[]> {
		const parameters = new URLSearchParams({ limit: String(query.limit ?? 50) });
		for (const name of ['workflowId', 'status'] as const) if (query[name]) parameters.set(name, query[name]);
		if (query.includeData) parameters.set('includeData', 'true');
		return z.object({ data: z.array(executionSchema) }).parse(await this.public('GET', `/executions?${parameters}`))
			.data;
	}

	/** Which credential types each of these nodes' types can use. */
	private async credentialTypes(nodes: WorkflowNode[]): Promise<Map<string, string[]>> {
		const versions = new Map(nodes.map((node) => [node.type, node.typeVersion]));
		const nodeInfos = [...versions].map(([name, version]) => ({ name, version }));
		const answer = await call(this.url, 'POST', '/rest/node-types', { cookie: this.cookie }, { nodeInfos });
		const types = nodeTypesSchema.parse(answer.body).data;
		// In the order asked for; their own names come without the package's.
		return new Map(
			nodeInfos.map(({ name }, index) => [
				name,
				(types[index]?.credentials ?? []).map((credential) => credential.name),
			]),
		);
	}

	private async public(method: string, path: string, body?: unknown, withinMs?: number): Promise<unknown> {
		return (await call(this.url, method, `/api/v1${path}`, { 'X-N8N-API-KEY': this.apiKey }, body, withinMs)).body;
	}
}

async function call(
	url: string,
	method: string,
	path: string,
	headers: Record<string, string>,
	body?: unknown,
	// Activation includes the first poll, which may read a whole catalogue.
	withinMs = 360_000,
): Promise<{ body: unknown; cookies: string[] }> {
	const response = await fetch(`${url}${path}`, {
		method,
		headers: {
			accept: 'application/json',
			...(body === undefined ? {} : { 'content-type': 'application/json' }),
			...headers,
		},
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
		signal: AbortSignal.timeout(withinMs),
	});
	const text = await response.text();
	if (!response.ok) throw new N8nRefused(response.status, `${method} ${path}`, text);
	return { body: text === '' ? null : (JSON.parse(text) as unknown), cookies: response.headers.getSetCookie() };
}
