import type { PostgresOptions, TlsMode } from '../lib/ledger/store/postgres';

/** A database as a connection URL names it. */
export interface PostgresTarget extends Pick<PostgresOptions, 'host' | 'port' | 'database' | 'user' | 'password'> {
	/** `prefer`: encrypted where the server offers it. */
	tls: TlsMode | 'prefer';
}

const TLS_OF_SSLMODE: Record<string, PostgresTarget['tls']> = {
	disable: 'disable',
	allow: 'prefer',
	prefer: 'prefer',
	require: 'require',
	'no-verify': 'require',
	'verify-ca': 'verify',
	'verify-full': 'verify',
};

/**
 * Reads `postgres://user:password@host:port/database?sslmode=…` as libpq does.
 *
 * @param env PGPASSWORD stands in for a password that the URL doesn't have
 * @throws Error that says what is wrong, never what the URL holds: that may be a password
 */
export function postgresTargetOf(url: string, env: NodeJS.ProcessEnv = process.env): PostgresTarget {
	const parsed = URL.canParse(url) ? new URL(url) : null;
	if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol)) {
		throw new Error('a PostgreSQL URL looks like postgres://USER:PASSWORD@HOST:PORT/DATABASE.');
	}
	const database = decoded(parsed.pathname.slice(1));
	const user = decoded(parsed.username);
	const host = decoded(parsed.hostname).replace(/^\[|\]$/g, '');
	for (const [part, value] of Object.entries({ host, user, database })) {
		if (value === '')
			throw new Error(`the PostgreSQL URL has no ${part}: postgres://USER:PASSWORD@HOST:PORT/DATABASE.`);
	}
	const sslmode = parsed.searchParams.get('sslmode') ?? 'prefer';
	const tls = TLS_OF_SSLMODE[sslmode];
	if (tls === undefined) {
		throw new Error(`the PostgreSQL URL's sslmode is none of ${Object.keys(TLS_OF_SSLMODE).join(', ')}.`);
	}
	return {
		host,
		port: parsed.port === '' ? 5432 : Number(parsed.port),
		database,
		user,
		password: decoded(parsed.password) || (env.PGPASSWORD ?? ''),
		tls,
	};
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw new Error('the PostgreSQL URL has a % that stands for nothing; write %25 for a percent sign.');
	}
}

/** For people: where it is, without who connects and how. */
export const placeOf = ({ host, port, database }: Pick<PostgresTarget, 'host' | 'port' | 'database'>): string =>
	`${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
