import { big, type Migration } from './migration';

/** What may still arrive in Pimberly of an execution that was overtaken; what parents list; when a change was taken. */
export const lateWrites: Migration = {
	number: 3,
	statements: (dialect) => [
		// Until when a status that was handed out, and of which nobody said what became of it, may still be written.
		`ALTER TABLE records ADD COLUMN late_until ${big(dialect)}`,
		// Its content; NULL with a time: several contents.
		`ALTER TABLE records ADD COLUMN late_content TEXT`,
		// When its present holder took it; the trail says so when the lease ends, together with what became of it.
		`ALTER TABLE changes ADD COLUMN taken_at ${big(dialect)}`,
		// What a product was last seen to list as its items; NULL: nobody has looked.
		`ALTER TABLE relations ADD COLUMN items TEXT`,
		// Only the receipt of its own emission ends it: an emission from before may hold the same version with other parents.
		`ALTER TABLE hints ADD COLUMN exact INTEGER NOT NULL DEFAULT 0`,
	],
};
