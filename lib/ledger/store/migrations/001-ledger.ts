import { big, identity, type Migration } from './migration';

/** Records, changes and what they need, products, scans, the gate, exceptions and the trail. */
export const ledgerTables: Migration = {
	number: 1,
	statements: (dialect) => {
		const id = identity(dialect);
		const int = big(dialect);
		return [
			`CREATE TABLE environments (
				environment_id ${id},
				name TEXT NOT NULL UNIQUE,
				created_at ${int} NOT NULL
			)`,
			// Which hosts were ever confirmed under an environment's name.
			`CREATE TABLE hosts (
				environment_id ${int} NOT NULL,
				system TEXT NOT NULL,
				host TEXT NOT NULL,
				first_seen_at ${int} NOT NULL,
				PRIMARY KEY (environment_id, system)
			)`,
			// The process that works with a SQLite ledger.
			`CREATE TABLE owner (
				only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
				instance TEXT NOT NULL,
				pid INTEGER NOT NULL,
				machine TEXT NOT NULL,
				seen_at ${int} NOT NULL
			)`,
			// One row a record of the other side: what it must be, what was confirmed, what was last read back. taken_since:
			// something was handed out to be written after the last confirmation, so the other side may hold that.
			`CREATE TABLE records (
				record_id ${id},
				environment_id ${int} NOT NULL,
				kind TEXT NOT NULL,
				key TEXT NOT NULL,
				primary_id TEXT,
				internal_id TEXT,
				version TEXT,
				desired TEXT,
				confirmed TEXT,
				confirmed_version TEXT,
				confirmed_at ${int},
				read_back TEXT,
				read_back_at ${int},
				present INTEGER,
				uncertain INTEGER NOT NULL DEFAULT 0,
				taken_since INTEGER NOT NULL DEFAULT 0,
				UNIQUE (environment_id, kind, key)
			)`,
			`CREATE INDEX records_by_product ON records (environment_id, primary_id)`,
			`CREATE INDEX records_uncertain ON records (environment_id) WHERE uncertain = 1`,
			// Work that is not finished. A finished change leaves this table; the trail keeps what happened.
			`CREATE TABLE changes (
				change_id ${id},
				environment_id ${int} NOT NULL,
				record_id ${int} NOT NULL REFERENCES records (record_id),
				target TEXT NOT NULL,
				kind TEXT NOT NULL,
				key TEXT NOT NULL,
				state TEXT NOT NULL CHECK (state IN ('queued', 'held', 'leased', 'next', 'retrying', 'sent', 'failed')),
				lane INTEGER NOT NULL,
				purpose TEXT NOT NULL DEFAULT 'write',
				version TEXT NOT NULL,
				desired TEXT NOT NULL,
				changed_fields TEXT NOT NULL,
				source TEXT NOT NULL,
				warnings TEXT NOT NULL,
				unmet INTEGER NOT NULL DEFAULT 0,
				attempt INTEGER NOT NULL DEFAULT 0,
				failures INTEGER NOT NULL DEFAULT 0,
				added_at ${int} NOT NULL,
				ready_at ${int},
				due_at ${int},
				held_since ${int},
				hold_told INTEGER NOT NULL DEFAULT 0,
				lease_token TEXT,
				lease_until ${int},
				awaiting TEXT,
				reason TEXT NOT NULL DEFAULT '',
				remedy TEXT NOT NULL DEFAULT '',
				differences TEXT NOT NULL DEFAULT '[]'
			)`,
			`CREATE UNIQUE INDEX changes_one_in_flight ON changes (record_id) WHERE state = 'leased'`,
			`CREATE UNIQUE INDEX changes_one_waiting ON changes (record_id) WHERE state <> 'leased'`,
			`CREATE INDEX changes_by_record ON changes (record_id)`,
			`CREATE INDEX changes_next ON changes (record_id) WHERE state = 'next'`,
			// What take reads: the head of each lane, however much is held behind it.
			`CREATE INDEX changes_ready ON changes (environment_id, target, lane, change_id) WHERE state = 'queued'`,
			`CREATE INDEX changes_ready_since ON changes (environment_id, target, lane, ready_at) WHERE state = 'queued'`,
			`CREATE INDEX changes_held ON changes (environment_id, held_since) WHERE state = 'held' AND hold_told = 0`,
			`CREATE INDEX changes_due ON changes (environment_id, target, due_at) WHERE state = 'retrying'`,
			`CREATE INDEX changes_sent ON changes (environment_id, target, due_at) WHERE state = 'sent'`,
			`CREATE INDEX changes_lease_until ON changes (environment_id, target, lease_until) WHERE state = 'leased'`,
			`CREATE INDEX changes_lease_token ON changes (lease_token) WHERE state = 'leased'`,
			`CREATE TABLE change_needs (
				change_id ${int} NOT NULL REFERENCES changes (change_id) ON DELETE CASCADE,
				need_record_id ${int} NOT NULL REFERENCES records (record_id),
				met INTEGER NOT NULL,
				PRIMARY KEY (change_id, need_record_id)
			)`,
			`CREATE INDEX change_needs_by_need ON change_needs (need_record_id, met)`,
			// How many batches each side was handed, so that every eighth can serve what has waited long.
			`CREATE TABLE takes (
				environment_id ${int} NOT NULL,
				target TEXT NOT NULL,
				batches ${int} NOT NULL,
				PRIMARY KEY (environment_id, target)
			)`,
			// When an environment's holds were last looked over.
			`CREATE TABLE housekeeping (
				environment_id ${int} PRIMARY KEY,
				done_at ${int} NOT NULL
			)`,
			// One row a product that was ever seen.
			`CREATE TABLE products (
				environment_id ${int} NOT NULL,
				primary_id TEXT NOT NULL,
				internal_id TEXT NOT NULL,
				version TEXT NOT NULL,
				stock_key TEXT,
				live INTEGER NOT NULL DEFAULT 0,
				rejected TEXT,
				seen_at ${int} NOT NULL,
				PRIMARY KEY (environment_id, primary_id)
			)`,
			`CREATE TABLE relations (
				environment_id ${int} NOT NULL,
				primary_id TEXT NOT NULL,
				parents TEXT NOT NULL,
				seen_at ${int} NOT NULL,
				PRIMARY KEY (environment_id, primary_id)
			)`,
			`CREATE TABLE scans (
				scan_id ${id},
				environment_id ${int} NOT NULL,
				name TEXT NOT NULL,
				cursor TEXT,
				next_cursor TEXT,
				emission TEXT,
				emitted_at ${int},
				emitted_by TEXT,
				lease_token TEXT,
				lease_until ${int},
				polled_at ${int},
				failures INTEGER NOT NULL DEFAULT 0,
				last_error TEXT,
				UNIQUE (environment_id, name)
			)`,
			// The products of a scan's last emission, until each has its receipt.
			`CREATE TABLE emitted_products (
				scan_id ${int} NOT NULL REFERENCES scans (scan_id),
				primary_id TEXT NOT NULL,
				version TEXT NOT NULL,
				recorded INTEGER NOT NULL DEFAULT 0,
				PRIMARY KEY (scan_id, primary_id)
			)`,
			`CREATE TABLE stock_list (
				environment_id ${int} NOT NULL,
				key TEXT NOT NULL,
				stock_code TEXT NOT NULL,
				stock_id TEXT NOT NULL,
				parent_code TEXT NOT NULL,
				PRIMARY KEY (environment_id, key)
			)`,
			`CREATE TABLE stock_list_reads (
				environment_id ${int} PRIMARY KEY,
				read_at ${int} NOT NULL
			)`,
			// One call in flight to one Khaos.
			`CREATE TABLE gates (
				system TEXT PRIMARY KEY,
				holder TEXT,
				held_until ${int} NOT NULL DEFAULT 0
			)`,
			`CREATE TABLE gate_waiters (
				token TEXT PRIMARY KEY,
				system TEXT NOT NULL,
				lane INTEGER NOT NULL,
				since ${int} NOT NULL,
				until ${int} NOT NULL
			)`,
			`CREATE TABLE exceptions (
				exception_id ${id},
				environment_id ${int} NOT NULL,
				type TEXT NOT NULL,
				severity TEXT NOT NULL,
				owner TEXT NOT NULL,
				primary_id TEXT NOT NULL,
				key TEXT NOT NULL,
				field TEXT NOT NULL,
				value TEXT,
				reason TEXT NOT NULL,
				remedy TEXT NOT NULL,
				opened_at ${int} NOT NULL,
				last_seen_at ${int} NOT NULL,
				resolved_at ${int}
			)`,
			`CREATE UNIQUE INDEX exceptions_open ON exceptions (environment_id, type, primary_id, key, field) WHERE resolved_at IS NULL`,
			`CREATE TABLE trail (
				event_id ${id},
				environment_id ${int} NOT NULL,
				at ${int} NOT NULL,
				kind TEXT NOT NULL,
				key TEXT NOT NULL,
				primary_id TEXT NOT NULL,
				event TEXT NOT NULL,
				version TEXT NOT NULL,
				lag ${int},
				details TEXT NOT NULL
			)`,
			`CREATE INDEX trail_by_key ON trail (environment_id, key, event_id)`,
			`CREATE INDEX trail_by_time ON trail (environment_id, event, at)`,
		];
	},
};
