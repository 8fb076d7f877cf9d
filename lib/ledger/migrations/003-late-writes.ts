import { big, type Migration } from './migration';

/** What may still arrive in Pimberly of an execution that was overtaken. */
export const lateWrites: Migration = {
	number: 3,
	statements: (dialect) => [
		// Until when a status that was handed out, and of which nobody said what became of it, may still be written.
		`ALTER TABLE records ADD COLUMN late_until ${big(dialect)}`,
		// Its content; NULL with a time: several contents.
		`ALTER TABLE records ADD COLUMN late_content TEXT`,
	],
};
