import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { stockEditsSchema } from './control';
import type { SettingsInput } from './settings';
import { startSimulators, type Urls } from './start';

const USAGE = `Usage: npm run simulators -- --catalogue FILE | --generate N
  --catalogue FILE      products to serve, in the catalogue format
  --generate N          serve N made-up products, or
  --generate N --families N --kits N [--contradictions]
                        so many simple products, variant families and kits, and products that contradict themselves
  --seed N              another made-up catalogue
  --pimberly-port N     --khaos-port N     --control-port N     (default: free ports)
  --latency MS          how long every call takes
  --faults JSON|FILE    as POST /faults
  --khaos-seed FILE     stock that Khaos holds already: a list as POST /khaos/stock takes it
  --state FILE          go on from this file, and keep the state in it
  --settings JSON|FILE  switch assumed behaviours (simulators/README.md)
  --dialect JSON|FILE   how SOAP answers look (simulators/README.md)`;

function options() {
	return parseArgs({
		options: {
			catalogue: { type: 'string' },
			generate: { type: 'string' },
			families: { type: 'string' },
			kits: { type: 'string' },
			contradictions: { type: 'boolean' },
			seed: { type: 'string' },
			'pimberly-port': { type: 'string' },
			'khaos-port': { type: 'string' },
			'control-port': { type: 'string' },
			latency: { type: 'string' },
			faults: { type: 'string' },
			'khaos-seed': { type: 'string' },
			state: { type: 'string' },
			settings: { type: 'string' },
			dialect: { type: 'string' },
			help: { type: 'boolean', short: 'h' },
		},
	}).values;
}

function wholeNumber(name: string, value: string | undefined): number | undefined {
	if (value === undefined) return undefined;
	if (!/^\d+$/.test(value)) throw new Error(`--${name} takes a whole number, not "${value}".`);
	return Number(value);
}

function jsonOrFile(name: string, value: string | undefined): unknown {
	if (value === undefined) return undefined;
	const content = !/^\s*[[{]/.test(value) && existsSync(value) ? readFileSync(value, 'utf8') : value;
	try {
		return JSON.parse(content);
	} catch {
		throw new Error(`--${name} takes JSON or a file that holds JSON.`);
	}
}

async function main(): Promise<void> {
	const given = options();
	if (given.help) {
		console.log(USAGE);
		return;
	}
	const { generateCatalogue, wantedShapes } = await import('./generate');
	const wanted = wantedShapes({
		generate: wholeNumber('generate', given.generate) ?? null,
		families: wholeNumber('families', given.families) ?? null,
		kits: wholeNumber('kits', given.kits) ?? null,
		contradictions: given.contradictions,
	});
	if ((given.catalogue === undefined) === (wanted === null) && given.state === undefined) {
		throw new Error(`Give either --catalogue or --generate.\n\n${USAGE}`);
	}
	const settings = { ...(jsonOrFile('settings', given.settings) as SettingsInput | undefined) };
	const dialect = jsonOrFile('dialect', given.dialect) as SettingsInput['dialect'];
	const seed = jsonOrFile('khaos-seed', given['khaos-seed']);
	const simulators = await startSimulators({
		catalogue: wanted === null ? given.catalogue : generateCatalogue(wanted, wholeNumber('seed', given.seed)),
		pimberlyPort: wholeNumber('pimberly-port', given['pimberly-port']),
		khaosPort: wholeNumber('khaos-port', given['khaos-port']),
		controlPort: wholeNumber('control-port', given['control-port']),
		latency: wholeNumber('latency', given.latency),
		faults: jsonOrFile('faults', given.faults),
		khaosSeed: seed === undefined ? undefined : stockEditsSchema.parse(seed),
		stateFile: given.state,
		settings: dialect ? { ...settings, dialect } : settings,
	});

	let stopping = false;
	const stop = () => {
		if (stopping) return;
		stopping = true;
		void simulators.stop().then(() => process.exit(0));
	};
	process.on('SIGINT', stop);
	process.on('SIGTERM', stop);
	// Whoever started us with a channel is gone.
	process.once('disconnect', stop);

	const { pimberlyUrl, pimberlyV22Url, feedToken, channelToken, khaosUrl, khaosWsdlUrl, controlUrl } = simulators;
	const urls: Urls = { pimberlyUrl, pimberlyV22Url, feedToken, channelToken, khaosUrl, khaosWsdlUrl, controlUrl };
	console.log(JSON.stringify(urls));
}

main().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exit(2);
});
