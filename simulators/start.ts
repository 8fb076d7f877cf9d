import { CallLog, type LoggedCall } from './callLog';
import { catalogueSchema, readCatalogue, type Catalogue } from './catalogue';
import { changeSettings, serveControl, stateOf, type Latency } from './control';
import { faultRulesSchema, Faults } from './faults';
import { generateCatalogue } from './generate';
import { KhaosServer } from './khaos/server';
import { KhaosStore, type StockEdit } from './khaos/store';
import { newToken, Tokens } from './pimberly/channels';
import { PimberlyServer } from './pimberly/server';
import { PimberlyStore } from './pimberly/store';
import { Pauses, serve } from './serving';
import { settingsSchema, type Settings, type SettingsInput } from './settings';
import { readState, StateFile, type SavedState } from './stateFile';
import { Webhooks } from './webhooks';

export interface SimulatorOptions {
	/** A catalogue, the path of a catalogue file, or how many products to generate. Default: none. */
	catalogue?: Catalogue | string | number;
	/** Stock that Khaos holds before the sync: edits as in POST /khaos/stock. Not applied over a state that was kept. */
	khaosSeed?: StockEdit[];
	/** Ports; 0 takes a free one. */
	pimberlyPort?: number;
	khaosPort?: number;
	controlPort?: number;
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

export interface Urls {
	/** Ends in `/core`. */
	pimberlyUrl: string;
	/** Ends in `/api/v2.2`. */
	pimberlyV22Url: string;
	feedToken: string;
	/** Of the first channel. */
	channelToken: string;
	/** The executable, without a slash at the end. */
	khaosUrl: string;
	khaosWsdlUrl: string;
	controlUrl: string;
}

export interface Simulators extends Urls {
	pimberly: PimberlyStore;
	khaos: KhaosStore;
	/** The control calls, without HTTP. */
	control: {
		/** As GET /state, as live objects: don't change them. */
		state(): ReturnType<typeof stateOf>;
		log(): LoggedCall[];
		resetLog(): void;
		/** Rules as in POST /faults. */
		addFaults(rules: unknown): void;
		clearFaults(): void;
		setLatency(latency: Partial<Latency>): void;
		/** As POST /settings: what is not named stays. */
		changeSettings(patch: { [side in keyof SettingsInput]?: Partial<NonNullable<SettingsInput[side]>> }): void;
		settings: Settings;
		webhooks: Webhooks;
	};
	/** Close the servers, cut their connections, save the state. */
	stop(): Promise<void>;
}

/** Longer than the two minutes that a client should wait at most (khaos-control-api 8). */
const HANG_MS = 150_000;
const MAX_BODY_BYTES = 64_000_000;

function catalogueOf(source: SimulatorOptions['catalogue']): Catalogue {
	if (source === undefined) return { attributeTypes: {}, products: [] };
	if (typeof source === 'number') return generateCatalogue(source);
	return typeof source === 'string' ? readCatalogue(source) : catalogueSchema.parse(source);
}

/** Start Pimberly, Khaos and the control server on 127.0.0.1. */
export async function startSimulators(options: SimulatorOptions = {}): Promise<Simulators> {
	const now = options.now ?? Date.now;
	const settings = settingsSchema.parse(options.settings ?? {});
	const kept = options.stateFile === undefined ? null : readState(options.stateFile);
	const pauses = new Pauses();

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
	const webhooks = new Webhooks(pimberly, () => settings.pimberly, pauses);
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
		later: (ms, run) => void pauses.wait(ms).then(run),
	});
	const khaosServer = new KhaosServer({
		store: khaos,
		settings: () => settings.khaos,
		dialect: () => settings.dialect,
		changed,
	});
	const common = { log, faults, hangMs: options.hangMs ?? HANG_MS, maxBodyBytes: MAX_BODY_BYTES };
	const servedPimberly = await serve(
		{
			...common,
			side: 'pimberly',
			oneAtATime: false,
			latencyMs: () => latency.pimberlyMs,
			plan: (...call) => pimberlyServer.plan(...call),
		},
		options.pimberlyPort ?? 0,
	);
	const servedKhaos = await serve(
		{
			...common,
			side: 'khaos',
			oneAtATime: true,
			latencyMs: () => latency.khaosMs,
			plan: (...call) => khaosServer.plan(...call),
		},
		options.khaosPort ?? 0,
	);
	const servedControl = await serveControl(
		{ log, faults, pimberly, khaos, webhooks, latency, settings, changed },
		options.controlPort ?? 0,
	);
	const khaosUrl = `${servedKhaos.origin}/${settings.khaos.executable}`;

	return {
		pimberlyUrl: `${servedPimberly.origin}/core`,
		pimberlyV22Url: `${servedPimberly.origin}/api/v2.2`,
		feedToken: tokens.feedToken,
		channelToken: tokens.channels[0]?.token ?? '',
		khaosUrl,
		khaosWsdlUrl: `${khaosUrl}/wsdl/IKosWeb`,
		controlUrl: servedControl.origin,
		pimberly,
		khaos,
		control: {
			state: () => stateOf({ pimberly, khaos }),
			log: () => log.entries(),
			resetLog: () => log.reset(),
			addFaults: (rules) => faults.add(faultRulesSchema.parse(rules)),
			clearFaults: () => faults.clear(),
			setLatency: (changes) => void Object.assign(latency, changes),
			changeSettings: (patch) => changeSettings(settings, patch),
			settings,
			webhooks,
		},
		stop: async () => {
			pauses.endAll();
			await Promise.all([servedPimberly.stop(), servedKhaos.stop(), servedControl.stop()]);
			stateFile?.save();
		},
	};
}
