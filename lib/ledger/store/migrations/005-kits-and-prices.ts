import { big, type Migration } from './migration';

/** Kits and price-list rows as changes: which kits a component is in, read-backs that wait for a person, takes by kind. */
export const kitsAndPrices: Migration = {
	number: 5,
	statements: (dialect) => {
		const int = big(dialect);
		return [
			// When this content was first said to be written, how often it was read back since, and whether that took too long.
			`ALTER TABLE changes ADD COLUMN sent_at ${int}`,
			'ALTER TABLE changes ADD COLUMN checks INTEGER NOT NULL DEFAULT 0',
			'ALTER TABLE changes ADD COLUMN overdue INTEGER NOT NULL DEFAULT 0',
			// The components that the newest accepted content of each kit names, by the keys of stock items.
			`CREATE TABLE kit_components (
				environment_id ${int} NOT NULL,
				parent_key TEXT NOT NULL,
				component_key TEXT NOT NULL,
				PRIMARY KEY (environment_id, parent_key, component_key)
			)`,
			`CREATE INDEX kit_components_by_component ON kit_components (environment_id, component_key)`,
			// A kind says its target. With it in front, a taker of prices never walks over the stock items at the head of a lane.
			'DROP INDEX changes_ready',
			'DROP INDEX changes_ready_since',
			'DROP INDEX changes_sent',
			`CREATE INDEX changes_ready ON changes (environment_id, kind, lane, change_id) WHERE state = 'queued'`,
			`CREATE INDEX changes_ready_since ON changes (environment_id, kind, lane, ready_at) WHERE state = 'queued'`,
			`CREATE INDEX changes_sent ON changes (environment_id, kind, due_at) WHERE state = 'sent'`,
			`CREATE INDEX changes_launches_held ON changes (environment_id, change_id) WHERE state = 'held' AND kind = 'status'`,
		];
	},
};
