import { big, type Migration } from './migration';

/** Changes that a person dropped, and what a first sync into a Khaos that is already full found there. */
export const baselineTables: Migration = {
	number: 4,
	statements: (dialect) => {
		const int = big(dialect);
		return [
			// The change that a person dropped last, as JSON: it does not come back with the same content by itself.
			`ALTER TABLE records ADD COLUMN dropped TEXT`,
			// Nothing of it has to be approved in a first sync: Khaos did not hold it when we first wrote it, or a person says so.
			`ALTER TABLE records ADD COLUMN cleared INTEGER NOT NULL DEFAULT 0`,
			// Of a change in flight: it was dropped meanwhile, so it does not come back when its execution ends.
			`ALTER TABLE changes ADD COLUMN drop_reason TEXT`,
			// Where items that Khaos held before the first sync differ from Pimberly. STOCK_CODE: Khaos does not hold the item.
			`CREATE TABLE first_sync_differences (
				environment_id ${int} NOT NULL,
				record_id ${int} NOT NULL REFERENCES records (record_id),
				field TEXT NOT NULL,
				owner TEXT NOT NULL CHECK (owner IN ('pimberly', 'khaos')),
				expected TEXT,
				actual TEXT,
				PRIMARY KEY (record_id, field)
			)`,
			`CREATE INDEX first_sync_by_field ON first_sync_differences (environment_id, field, owner, record_id)`,
			`CREATE INDEX changes_awaiting_approval ON changes (environment_id, change_id) WHERE state = 'held' AND awaiting = 'approval'`,
			// Held, and perhaps never compared with Khaos.
			`CREATE INDEX changes_unlooked ON changes (environment_id, change_id) WHERE state = 'held' AND awaiting IS NULL AND kind = 'stockItem'`,
			// What each Sequencer that takes for Khaos is set to let through; the strictest counts.
			`CREATE TABLE first_sync_settings (
				environment_id ${int} NOT NULL,
				taker TEXT NOT NULL,
				label TEXT NOT NULL,
				policy TEXT NOT NULL,
				seen_at ${int} NOT NULL,
				PRIMARY KEY (environment_id, taker)
			)`,
			// What follows from them, as it was last applied to what waits for approval.
			`CREATE TABLE first_sync (
				environment_id ${int} PRIMARY KEY,
				policy TEXT NOT NULL,
				changed_at ${int} NOT NULL
			)`,
		];
	},
};
