import { tsImport } from 'tsx/esm/api';

// The suite runs against a real PostgreSQL as well; it is started once for all its files.
let server;

export default async function setup() {
	const program = await tsImport('../../scripts/embeddedPostgres.ts', import.meta.url);
	const { startEmbeddedPostgres } = program.default ?? program;
	server = await startEmbeddedPostgres();
	process.env.LEDGER_TEST_POSTGRES = server.url;
	globalThis.stopLedgerTestPostgres = server.stop;
}
