import { big, type Migration } from './migration';

/** How many calls the gate of a system has let in, ever: what this product asks of a Khaos that keeps no log of its own. */
export const gateEntries: Migration = {
	number: 9,
	statements: (dialect) => [`ALTER TABLE gates ADD COLUMN entered ${big(dialect)} NOT NULL DEFAULT 0`],
};
