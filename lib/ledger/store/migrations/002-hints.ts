import { big, identity, type Migration } from './migration';

/** What Pimberly notified us of. */
export const hintTable: Migration = {
	number: 2,
	statements: (dialect) => {
		const id = identity(dialect);
		const int = big(dialect);
		return [
			// What Pimberly's notifications named, until each product is recorded or known to be gone. One row an id.
			`CREATE TABLE hints (
				hint_id ${id},
				environment_id ${int} NOT NULL,
				id_kind TEXT NOT NULL CHECK (id_kind IN ('primaryId', 'internalId')),
				product_id TEXT NOT NULL,
				deleted INTEGER NOT NULL,
				received_at ${int} NOT NULL,
				due_at ${int} NOT NULL,
				lease_token TEXT,
				emitted_id TEXT,
				emitted_version TEXT,
				failures INTEGER NOT NULL DEFAULT 0,
				last_error TEXT,
				UNIQUE (environment_id, id_kind, product_id)
			)`,
			`CREATE INDEX hints_due ON hints (environment_id, due_at)`,
			`CREATE INDEX products_by_internal_id ON products (environment_id, internal_id)`,
		];
	},
};
