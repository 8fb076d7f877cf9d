import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { wantedShapes, type Shapes } from '../simulators/generate';
import { ledgerOption, queueModeOption, redisOption, type LedgerOption } from './storeOptions';
import type { RedisTarget } from './redisServer';
import type { Transport } from './channelTransport';
import { UsageError } from './usageError';

export { UsageError } from './usageError';

/** The servers that the sync runs between, where they are not the bundled simulators. */
export interface OtherServers {
	/** Up to `/core` or `/api/v2.2`. */
	pimberlyUrl: string;
	pimberlyToken: string;
	/** Up to the executable, its WSDL or its endpoint. */
	khaosUrl: string;
}

export interface StartOptions {
	/** Without a person: end when the sync is complete. */
	once: boolean;
	/** Absolute path. */
	catalogue: string | null;
	/** What to generate where there is no catalogue: so many products, or so many of each shape. */
	generate: number | Shapes;
	report: string | null;
	servers: OtherServers | null;
	/** Folder whose data is gone on from; null: everything is fresh and thrown away. */
	keep: string | null;
	ledger: LedgerOption;
	/** n8n in queue mode with this many workers; null: one n8n process. */
	queueMode: number | null;
	/** The Redis of queue mode; null: an installed one is started. */
	redis: RedisTarget | null;
	/** How stock items and kits are written. */
	transport: Transport;
}

/** Enough to see order, variants and prices; few enough to be through in a minute. */
const GENERATED_PRODUCTS = 300;

export const USAGE = `npm start -- [OPTIONS]

Runs the sync from Pimberly to Khaos Control in a real n8n, between two bundled simulators. Ctrl-C stops everything.

  --catalogue FILE      the products of the simulated Pimberly account (JSON); with other servers, what to compare with
  --generate N          without a catalogue: how many products to generate (default ${GENERATED_PRODUCTS})
  --families N --kits N so many variant families and kits exactly; --generate then counts the simple products
  --contradictions      with products among them that contradict themselves or others
  --once                run without a person and end when the sync is complete. Exit code 0: every ready product is equal
                        in Khaos and Live in Pimberly; 1: something is held, failed, rejected or different; 2: it could not run
  --report FILE         write what came of it as JSON
  --pimberly-url URL    use another Pimberly (up to /core or /api/v2.2), with
  --pimberly-token T    its feed token, and
  --khaos-url URL       another Khaos Control (its executable, WSDL or SOAP endpoint); the three belong together
  --keep DIR            keep n8n's data, the ledger and the simulators' state in DIR and go on from there the next time
  --ledger STORE        where the ledger is kept: sqlite (a file, the default), postgres (a PostgreSQL that is started for
                        the run) or postgres://USER:PASSWORD@HOST:PORT/DATABASE (in a schema of its own; PGPASSWORD is
                        used when the URL has no password, and ?sslmode= says how to connect)
  --queue-mode N        n8n in queue mode: one main process and N workers. Its ledger, and n8n's own data, are in PostgreSQL
  --redis URL           with --queue-mode, a Redis to use (redis:// or rediss://); without it an installed redis-server is started
  --transport T         how stock items and kits get into Khaos: soap (its web services, kits by an import file; the default)
                        or channel (Khaos fetches them and uploads what it holds; between the bundled simulators only)
  --help                show this`;

/**
 * The command line of `npm start`. Null: only the usage was asked for.
 *
 * @throws UsageError where something is unknown, incomplete or not supported
 */
export function readStartOptions(args: string[], cwd: string = process.cwd()): StartOptions | null {
	const values = parse(args);
	if (values.help) return null;

	const queueMode = queueModeOption(values['queue-mode']);

	const catalogue = values.catalogue === undefined ? null : resolve(cwd, values.catalogue);
	if (catalogue !== null && !existsSync(catalogue)) throw new UsageError(`--catalogue: there is no file ${catalogue}.`);
	const wanted = wantedShapes({
		generate: wholeNumber('--generate', values.generate),
		families: wholeNumber('--families', values.families),
		kits: wholeNumber('--kits', values.kits),
		contradictions: values.contradictions,
	});
	const generate = wanted ?? GENERATED_PRODUCTS;
	if (catalogue !== null && wanted !== null) {
		throw new UsageError(
			'--catalogue and --generate exclude each other: the products come from a file or are generated.',
		);
	}
	return {
		once: values.once ?? false,
		catalogue,
		generate,
		report: values.report === undefined ? null : resolve(cwd, values.report),
		servers: otherServers(values),
		keep: values.keep === undefined ? null : resolve(cwd, values.keep),
		ledger: ledgerOption(values.ledger, queueMode !== null),
		queueMode,
		redis: redisOption(values.redis, queueMode !== null),
		transport: transportOption(values),
	};
}

function transportOption(values: { transport?: string } & Parameters<typeof otherServers>[0]): Transport {
	const { transport = 'soap' } = values;
	if (transport !== 'soap' && transport !== 'channel') throw new UsageError('--transport is "soap" or "channel".');
	if (transport === 'channel' && otherServers(values) !== null) {
		throw new UsageError(
			'--transport channel works between the bundled simulators: elsewhere a person has to enter the channel in Khaos Control. docs/channel.md says how.',
		);
	}
	return transport;
}

function parse(args: string[]) {
	try {
		return parseArgs({
			args,
			options: {
				once: { type: 'boolean' },
				catalogue: { type: 'string' },
				generate: { type: 'string' },
				families: { type: 'string' },
				kits: { type: 'string' },
				contradictions: { type: 'boolean' },
				report: { type: 'string' },
				'pimberly-url': { type: 'string' },
				'pimberly-token': { type: 'string' },
				'khaos-url': { type: 'string' },
				keep: { type: 'string' },
				ledger: { type: 'string' },
				transport: { type: 'string' },
				'queue-mode': { type: 'string' },
				redis: { type: 'string' },
				help: { type: 'boolean', short: 'h' },
			},
		}).values;
	} catch (error) {
		throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
	}
}

/** Where the report goes, also of a command line that is wrong elsewhere; null: nowhere. */
export function reportFileOf(args: string[], cwd: string = process.cwd()): string | null {
	const { report } = parseArgs({ args, strict: false, options: { report: { type: 'string' } } }).values;
	return typeof report === 'string' ? resolve(cwd, report) : null;
}

function wholeNumber(flag: string, value: string | undefined): number | null {
	if (value === undefined) return null;
	if (!/^[1-9]\d{0,5}$/.test(value))
		throw new UsageError(`${flag} wants a whole number from 1 to 999999, not "${value}".`);
	return Number(value);
}

const SERVER_FLAGS = ['pimberly-url', 'pimberly-token', 'khaos-url'] as const;

function otherServers(values: Partial<Record<(typeof SERVER_FLAGS)[number], string>>): OtherServers | null {
	const missing = SERVER_FLAGS.filter((flag) => !values[flag]);
	if (missing.length === SERVER_FLAGS.length) return null;
	if (missing.length > 0) {
		throw new UsageError(
			`${missing.map((flag) => `--${flag}`).join(' and ')} missing: other servers need --pimberly-url, --pimberly-token and --khaos-url together.`,
		);
	}
	for (const flag of ['pimberly-url', 'khaos-url'] as const) {
		const url = URL.canParse(values[flag]!) ? new URL(values[flag]!) : null;
		if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
			throw new UsageError(`--${flag} wants a URL that starts with http:// or https://.`);
		}
	}
	return {
		pimberlyUrl: values['pimberly-url']!,
		pimberlyToken: values['pimberly-token']!,
		khaosUrl: values['khaos-url']!,
	};
}
