import { CallLog } from './callLog';
import { catalogueSchema, readCatalogue, type Catalogue } from './catalogue';
import type { Latency } from './control';
import { faultRulesSchema, Faults } from './faults';
import { generateCatalogue } from './generate';
import { ChannelClient } from './khaos/channelClient';
import { KhaosServer } from './khaos/server';
import { KhaosStore, type StockEdit } from './khaos/store';
import { newToken, Tokens } from './pimberly/channels';
import { PimberlyServer } from './pimberly/server';
import { PimberlyStore } from './pimberly/store';
import { responder, type Respond } from './serving';
import { settingsSchema, type Settings, type SettingsInput } from './settings';
import { readState, StateFile, type SavedState } from './stateFile';
import { Webhooks } from './webhooks';

export interface BuildOptions {
	/** A catalogue, the path of a catalogue file, or what to generate. Default: none. */
	catalogue?: Catalogue | string | number;
	/** Stock that Khaos holds before the sync: edits as in POST /khaos/stock. Not applied over a state that was kept. */
	khaosSeed?: StockEdit[];
	/** Milliseconds that a call takes: one figure for both sides, or one each. */
	latency?: number | Partial<Latency>;
	faults?: unknown;
	/** How the assumed behaviours are switched (README.md); unnamed ones keep their defaults. */
	settings?: SettingsInput;
	/** 64 characters of A-Z, a-z, 0-9; random when left out. */
	feedToken?: string;
	/** A file to go on from, and to keep the state in. */
	stateFile?: string;
	/** How long a `timeout` hangs before the connection is dropped. */
	hangMs?: number;
	now?: () => number;
}

/** Both systems with all that they hold, reachable by `respond`: nothing listens, and time passes as it is told to. */
export interface BuiltSimulators {
	pimberly: PimberlyStore;
	khaos: KhaosStore;
	/** Khaos as the client of a channel; does nothing until it is told where. */
	channel: ChannelClient;
	respond: { pimberly: Respond; khaos: Respond };
	log: CallLog;
	faults: Faults;
	tokens: Tokens;
	webhooks: Webhooks;
	latency: Latency;
	settings: Settings;
	stateFile: StateFile | null;
	/** Something that is kept between runs changed. */
	changed(): void;
}

/** Longer than the two minutes that a client should wait at most (khaos-control-api 8). */
const HANG_MS = 150_000;

function catalogueOf(source: BuildOptions['catalogue']): Catalogue {
	if (source === undefined) return { attributeTypes: {}, products: [] };
	if (typeof source === 'number') return generateCatalogue(source);
	return typeof source === 'string' ? readCatalogue(source) : catalogueSchema.parse(source);
}

/** @param wait how latency and delays pass; may end early when the servers stop */
export function buildSimulators(options: BuildOptions, wait: (ms: number) => Promise<void>): BuiltSimulators {
	const now = options.now ?? Date.now;
	const settings = settingsSchema.parse(options.settings ?? {});
	const kept = options.stateFile === undefined ? null : readState(options.stateFile);

	const pimberly = new PimberlyStore(now, kept?.pimberly);
	pimberly.load(catalogueOf(options.catalogue));
	const khaos = new KhaosStore(now, settings.khaos, kept?.khaos);
	khaos.parentsInCatalogue = (code) => pimberly.existingParents(code);
	if (!kept) for (const edit of options.khaosSeed ?? []) khaos.edit(edit);

	const log = new CallLog(now);
	const faults = new Faults();
	if (options.faults !== undefined) faults.add(faultRulesSchema.parse(options.faults));
	const tokens = new Tokens(
		options.feedToken ?? kept?.feedToken ?? newToken(),
		settings.pimberly.channels,
		kept?.channelTokens ?? {},
		pimberly,
	);
	const webhooks = new Webhooks(pimberly, () => settings.pimberly, wait);
	const latency: Latency = { khaosMs: 0, pimberlyMs: 0 };
	if (typeof options.latency === 'number')
		Object.assign(latency, { khaosMs: options.latency, pimberlyMs: options.latency });
	else Object.assign(latency, options.latency);

	const state = (): SavedState => ({
		format: 1,
		feedToken: tokens.feedToken,
		channelTokens: Object.fromEntries(tokens.channels.map((channel) => [channel.settings.id, channel.token])),
		pimberly: pimberly.kept(),
		khaos: khaos.kept(),
	});
	const stateFile = options.stateFile === undefined ? null : new StateFile(options.stateFile, state);
	stateFile?.save();
	const changed = () => stateFile?.touch();
	pimberly.onChange(changed);

	const pimberlyServer = new PimberlyServer({
		store: pimberly,
		tokens,
		webhooks,
		settings: () => settings.pimberly,
		later: (ms, run) => void wait(ms).then(run),
	});
	const khaosServer = new KhaosServer({
		store: khaos,
		settings: () => settings.khaos,
		dialect: () => settings.dialect,
		changed,
	});
	const common = { log, faults, hangMs: options.hangMs ?? HANG_MS, now, wait };
	const respond = {
		pimberly: responder({
			...common,
			side: 'pimberly',
			oneAtATime: false,
			latencyMs: () => latency.pimberlyMs,
			plan: (...call) => pimberlyServer.plan(...call),
		}),
		khaos: responder({
			...common,
			side: 'khaos',
			oneAtATime: true,
			latencyMs: () => latency.khaosMs,
			plan: (...call) => khaosServer.plan(...call),
		}),
	};
	const channel = new ChannelClient({
		store: khaos,
		settings: () => settings.khaos.channel,
		log,
		faults,
		latencyMs: () => latency.khaosMs,
		wait,
		now,
		changed,
	});
	return { pimberly, khaos, channel, respond, log, faults, tokens, webhooks, latency, settings, stateFile, changed };
}
