import { createServer, type IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { CallLog } from './callLog';
import { attributeValueSchema } from './catalogue';
import { faultRulesSchema, type Faults } from './faults';
import { channelTargetSchema, type ChannelClient } from './khaos/channelClient';
import { importPrices } from './khaos/priceLists';
import { importRelationships } from './khaos/relationships';
import type { KhaosStore } from './khaos/store';
import type { PimberlyStore } from './pimberly/store';
import { BodyTooLarge, listen, readBody, send, type Answer, type Served } from './serving';
import { settingsSchema, type Settings } from './settings';
import { subscriptionSchema, type Webhooks } from './webhooks';

export interface Latency {
	khaosMs: number;
	pimberlyMs: number;
}

export interface Controlled {
	log: CallLog;
	faults: Faults;
	pimberly: PimberlyStore;
	khaos: KhaosStore;
	channel: ChannelClient;
	webhooks: Webhooks;
	latency: Latency;
	settings: Settings;
	/** Something that is kept between runs changed. */
	changed(): void;
}

const productsSchema = z.object({
	products: z.array(
		z.object({
			primaryId: z.string().min(1),
			classes: z.array(z.string()).optional(),
			parents: z.array(z.string()).optional(),
			items: z.array(z.string()).optional(),
			attributes: z.record(z.union([attributeValueSchema, z.null().transform(() => '')])).optional(),
		}),
	),
});

const stockEditSchema = z.object({
	code: z.string().trim().min(1),
	set: z
		.record(
			z.union([
				z.string(),
				z.number().transform(String),
				z.boolean().transform((value) => (value ? '-1' : '0')),
				z.null().transform(() => ''),
			]),
		)
		.optional(),
	parentCode: z.string().optional(),
	delete: z.boolean().optional(),
});
export const stockEditsSchema = z.union([z.array(stockEditSchema), stockEditSchema.transform((edit) => [edit])]);

const latencySchema = z
	.object({ khaosMs: z.number().nonnegative().optional(), pimberlyMs: z.number().nonnegative().optional() })
	.strict();

const hookSchema = z.union([z.object({ url: z.null() }).transform(() => null), subscriptionSchema]);

const settingsPatchSchema = z
	.object({
		pimberly: z.record(z.unknown()).optional(),
		khaos: z.record(z.unknown()).optional(),
		dialect: z.record(z.unknown()).optional(),
	})
	.strict();

/** A control call that can't be done; the message says why. */
class BadCall extends Error {
	constructor(
		message: string,
		readonly status = 400,
	) {
		super(message);
	}
}

/** Everything that both sides hold, as an oracle wants to see it. */
export function stateOf({ pimberly, khaos }: Pick<Controlled, 'pimberly' | 'khaos'>): Record<string, unknown> {
	const stockItems: Record<string, unknown> = {};
	for (const item of khaos.all()) {
		const { code, stockId, parentCode, fields, udas, harmonisation, firstImportedAt, imports } = item;
		stockItems[code] = { code, stockId, parentCode, fields, udas, harmonisation, firstImportedAt, imports };
	}
	const kitLinks: Record<string, unknown> = {};
	for (const link of khaos.kits.values()) kitLinks[link.parent] = link;
	return {
		orderViolations: khaos.orderViolations,
		khaos: { count: khaos.count, stockItems, kitLinks, priceLists: khaos.priceLists, levelWrites: khaos.levelWrites },
		pimberly: {
			count: pimberly.count,
			products: pimberly.all().map(({ internalId, primaryId, classes, parents, items, attributes, dateUpdated }) => ({
				internalId,
				primaryId,
				classes,
				parents,
				items,
				attributes,
				dateUpdated,
			})),
		},
	};
}

/** Change settings while the servers run; what is not named stays. @throws ZodError */
export function changeSettings(settings: Settings, patch: unknown): void {
	const { pimberly, khaos, dialect } = settingsPatchSchema.parse(patch);
	const next = settingsSchema.parse({
		pimberly: { ...settings.pimberly, ...pimberly },
		khaos: { ...settings.khaos, ...khaos },
		dialect: { ...settings.dialect, ...dialect },
	});
	Object.assign(settings, next);
}

const ok = (value: unknown): Answer => ({
	status: 200,
	headers: { 'Content-Type': 'application/json; charset=utf-8' },
	body: JSON.stringify(value),
});

function perform(controlled: Controlled, method: string, url: URL, body: string): unknown {
	const { log, faults, pimberly, khaos, channel, webhooks, latency, settings } = controlled;
	const given = (): unknown => {
		try {
			return JSON.parse(body);
		} catch {
			throw new BadCall('The body is not JSON');
		}
	};
	const path = url.pathname.replace(/(.)\/$/, '$1');
	switch (`${method} ${path}`) {
		case 'GET /state':
			return stateOf(controlled);
		case 'GET /log':
			return log.entries(Number(url.searchParams.get('since') ?? 0) || 0);
		case 'POST /reset-log':
			log.reset();
			return { log: 'empty' };
		case 'GET /faults':
			return faults.list();
		case 'POST /faults':
			faults.add(faultRulesSchema.parse(given()));
			return faults.list();
		case 'DELETE /faults':
			faults.clear();
			return [];
		case 'POST /products': {
			const products = pimberly.upsert(productsSchema.parse(given()).products);
			return {
				products: products.map(({ internalId, primaryId, dateUpdated }) => ({ internalId, primaryId, dateUpdated })),
			};
		}
		case 'GET /khaos/channel':
			return channel.state();
		case 'POST /khaos/channel':
			channel.configure(channelTargetSchema.parse(given()));
			return channel.state();
		case 'DELETE /khaos/channel':
			channel.configure(null);
			return channel.state();
		case 'POST /khaos/channel/cycle':
			return channel.cycle();
		case 'POST /khaos/channel/forget-config':
			channel.forgetConfig();
			return channel.state();
		case 'POST /khaos/stock': {
			const edits = stockEditsSchema.parse(given());
			const items = edits.map((edit) => {
				try {
					return khaos.edit(edit);
				} catch (error) {
					throw new BadCall((error as Error).message);
				}
			});
			return { items: items.map((item) => item && { code: item.code, stockId: item.stockId, fields: item.fields }) };
		}
		case 'GET /latency':
			return latency;
		case 'POST /latency':
			return Object.assign(latency, latencySchema.parse(given()));
		case 'POST /khaos/import/relationships': {
			const kind = z.enum(['pack', 'build']).nullable().parse(url.searchParams.get('kind'));
			return importFile(() => importRelationships(khaos, body, kind));
		}
		case 'POST /khaos/import/prices':
			return importFile(() => importPrices(khaos, body, settings.khaos.blankPriceCells));
		case 'POST /webhook': {
			const subscription = hookSchema.parse(given());
			webhooks.set('control', subscription);
			return subscription;
		}
		case 'GET /webhook':
			return webhooks.deliveries;
		case 'DELETE /webhook':
			webhooks.set('control', null);
			return null;
		case 'GET /settings':
			return settings;
		case 'POST /settings':
			changeSettings(settings, given());
			return settings;
		default:
	}
	const product = /^\/products\/([^/]+)$/.exec(path)?.[1];
	if (method === 'DELETE' && product !== undefined) {
		const primaryId = decodeURIComponent(product);
		if (!pimberly.delete(primaryId)) throw new BadCall(`There is no product ${primaryId}`, 404);
		return { deleted: primaryId };
	}
	throw new BadCall(`There is no control call ${method} ${path}`, 404);
}

/** A file that is not what the tool expects is the caller's mistake. */
function importFile<T>(run: () => T): T {
	try {
		return run();
	} catch (error) {
		throw new BadCall((error as Error).message);
	}
}

async function answerTo(controlled: Controlled, request: IncomingMessage): Promise<Answer> {
	const method = request.method ?? 'GET';
	const problem = (status: number, message: string): Answer => ({ ...ok({ error: { status, message } }), status });
	try {
		const body = (await readBody(request, 512_000_000)).toString('utf8');
		const result = await perform(controlled, method, new URL(request.url ?? '/', 'http://127.0.0.1'), body);
		if (method !== 'GET') controlled.changed();
		return ok(result);
	} catch (error) {
		if (error instanceof BadCall) return problem(error.status, error.message);
		if (error instanceof z.ZodError)
			return problem(
				400,
				error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; '),
			);
		if (error instanceof BodyTooLarge) return problem(413, 'The body is too large');
		if (error instanceof URIError) return problem(400, 'The path is not valid');
		throw error;
	}
}

/** Serve the control calls that README.md beside this lists. */
export async function serveControl(controlled: Controlled, port: number): Promise<Served> {
	const server = createServer((request, response) => {
		void answerTo(controlled, request)
			.then(async (answer) => await send(response, answer))
			.catch((error: unknown) => {
				if (!request.destroyed) console.error(error);
				response.destroy();
			});
	});
	return await listen(server, port);
}
