import { buildSimulators, type BuildOptions } from './build';
import type { LoggedCall } from './callLog';
import { changeSettings, serveControl, stateOf, type Latency } from './control';
import { faultRulesSchema } from './faults';
import type { ChannelClient } from './khaos/channelClient';
import type { KhaosStore } from './khaos/store';
import type { PimberlyStore } from './pimberly/store';
import { Pauses, serve } from './serving';
import type { Settings, SettingsInput } from './settings';
import type { Webhooks } from './webhooks';

export interface SimulatorOptions extends BuildOptions {
	/** Ports; 0 takes a free one. */
	pimberlyPort?: number;
	khaosPort?: number;
	controlPort?: number;
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
	/** Khaos as the client of a channel. */
	channel: ChannelClient;
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

const MAX_BODY_BYTES = 64_000_000;

/** Start Pimberly, Khaos and the control server on 127.0.0.1. */
export async function startSimulators(options: SimulatorOptions = {}): Promise<Simulators> {
	const pauses = new Pauses();
	const built = buildSimulators(options, async (ms) => await pauses.wait(ms));
	const { pimberly, khaos, channel, respond, log, faults, tokens, webhooks, latency, settings, stateFile, changed } =
		built;
	const servedPimberly = await serve(respond.pimberly, MAX_BODY_BYTES, options.pimberlyPort ?? 0);
	const servedKhaos = await serve(respond.khaos, MAX_BODY_BYTES, options.khaosPort ?? 0);
	const servedControl = await serveControl(
		{ log, faults, pimberly, khaos, channel, webhooks, latency, settings, changed },
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
		channel,
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
			channel.stop();
			pauses.endAll();
			await Promise.all([servedPimberly.stop(), servedKhaos.stop(), servedControl.stop()]);
			stateFile?.save();
		},
	};
}
