import { big, identity, type Migration } from './migration';

/** What people do with exceptions, and what the monitor remembers: samples of the sync's health, drift checks, contacts. */
export const exceptionsWork: Migration = {
	number: 7,
	statements: (dialect) => {
		const id = identity(dialect);
		const int = big(dialect);
		return [
			'ALTER TABLE exceptions ADD COLUMN acknowledged_at ' + int,
			`ALTER TABLE exceptions ADD COLUMN assigned_to TEXT NOT NULL DEFAULT ''`,
			// Who resolved it; null where the cause was found gone.
			'ALTER TABLE exceptions ADD COLUMN resolved_by TEXT',
			`ALTER TABLE exceptions ADD COLUMN snoozed_until ${int}`,
			`CREATE INDEX exceptions_named ON exceptions (environment_id, type, primary_id, key, field, exception_id)`,
			`CREATE INDEX exceptions_by_key ON exceptions (environment_id, key)`,
			`CREATE INDEX exceptions_by_product ON exceptions (environment_id, primary_id)`,
			`CREATE INDEX exceptions_put_aside ON exceptions (environment_id) WHERE resolved_by IS NOT NULL`,
			`CREATE INDEX exceptions_resolved ON exceptions (environment_id, resolved_at) WHERE resolved_at IS NOT NULL`,
			'CREATE INDEX products_by_stock_key ON products (environment_id, stock_key)',
			// What was done with an exception, by whom ('' by the sync itself).
			`CREATE TABLE exception_events (
				event_id ${id},
				environment_id ${int} NOT NULL,
				exception_id ${int} NOT NULL REFERENCES exceptions (exception_id),
				at ${int} NOT NULL,
				event TEXT NOT NULL,
				by_whom TEXT NOT NULL,
				note TEXT NOT NULL
			)`,
			`CREATE INDEX exception_events_by_exception ON exception_events (exception_id, event_id)`,
			`CREATE INDEX exception_events_by_time ON exception_events (environment_id, at)`,
			// Whose the exceptions of a type are in this environment, where it is not the package's own default.
			`CREATE TABLE exception_owners (
				environment_id ${int} NOT NULL,
				type TEXT NOT NULL,
				owner TEXT NOT NULL,
				PRIMARY KEY (environment_id, type)
			)`,
			// The sync's health as it was, at most one row a minute.
			`CREATE TABLE health_samples (
				environment_id ${int} NOT NULL,
				at ${int} NOT NULL,
				sample TEXT NOT NULL,
				PRIMARY KEY (environment_id, at)
			)`,
			// How urgent a change was that came to its end, for the lag of prices.
			'ALTER TABLE trail ADD COLUMN lane INTEGER',
			// When a system last answered; and from when to when it did not.
			`CREATE TABLE contacts (
				environment_id ${int} NOT NULL,
				system TEXT NOT NULL,
				answered_at ${int},
				failing_since ${int},
				failed_at ${int},
				last_error TEXT,
				PRIMARY KEY (environment_id, system)
			)`,
			// The order in which a drift check looks through confirmed records.
			'CREATE INDEX records_in_order ON records (environment_id, kind, record_id)',
			// A drift check, and how far it is: so that one that was cut goes on.
			`CREATE TABLE drift_runs (
				run_id ${id},
				environment_id ${int} NOT NULL,
				name TEXT NOT NULL,
				scope TEXT NOT NULL,
				started_at ${int} NOT NULL,
				touched_at ${int} NOT NULL,
				finished_at ${int},
				lease_token TEXT,
				lease_until ${int},
				position TEXT NOT NULL,
				counts TEXT NOT NULL
			)`,
			`CREATE INDEX drift_runs_by_name ON drift_runs (environment_id, name, run_id)`,
			// What a drift check has still to look at, and what Khaos said of it in one list.
			`CREATE TABLE drift_listed (
				run_id ${int} NOT NULL REFERENCES drift_runs (run_id) ON DELETE CASCADE,
				part TEXT NOT NULL,
				key TEXT NOT NULL,
				value TEXT NOT NULL,
				PRIMARY KEY (run_id, part, key)
			)`,
		];
	},
};
