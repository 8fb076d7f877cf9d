import { big, type Migration } from './migration';

/** What Khaos is told over the channel, and what it told us. */
export const channelTables: Migration = {
	number: 6,
	statements: (dialect) => {
		const int = big(dialect);
		return [
			// One feed an environment: its name keeps what another ledger once told apart, its number says how far it has come.
			`CREATE TABLE channel_feeds (
				environment_id ${int} PRIMARY KEY,
				feed TEXT NOT NULL,
				last_sequence ${int} NOT NULL
			)`,
			// The newest telling of each record, in the order in which Khaos is to take them.
			`CREATE TABLE channel_outbox (
				environment_id ${int} NOT NULL,
				kind TEXT NOT NULL,
				key TEXT NOT NULL,
				sequence ${int} NOT NULL,
				change_id ${int},
				desired TEXT NOT NULL,
				parent_key TEXT,
				confirmed_by TEXT NOT NULL,
				served_at ${int},
				PRIMARY KEY (environment_id, kind, key)
			)`,
			`CREATE UNIQUE INDEX channel_outbox_in_order ON channel_outbox (environment_id, sequence)`,
			`CREATE INDEX channel_outbox_by_change ON channel_outbox (change_id)`,
			// Khaos names what it deleted by its own id alone.
			`CREATE TABLE channel_stock (
				environment_id ${int} NOT NULL,
				stock_id TEXT NOT NULL,
				key TEXT NOT NULL,
				PRIMARY KEY (environment_id, stock_id)
			)`,
		];
	},
};
