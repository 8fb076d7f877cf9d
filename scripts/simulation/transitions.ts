import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Let a SQLite ledger note every way that a change goes between two states; `[*]` is before and after. */
export function watchTransitions(file: string): void {
	const database = new DatabaseSync(file);
	try {
		// Without a rule of its own: what to do about a second one would follow from the statement that set the trigger off.
		const note = (way: string): string =>
			`BEGIN INSERT INTO seen_transitions SELECT ${way} WHERE ${way} NOT IN (SELECT way FROM seen_transitions); END;`;
		database.exec(`CREATE TABLE IF NOT EXISTS seen_transitions (way TEXT NOT NULL);
			CREATE TRIGGER IF NOT EXISTS see_begin AFTER INSERT ON changes ${note(`'[*] --> ' || NEW.state`)}
			CREATE TRIGGER IF NOT EXISTS see_change AFTER UPDATE OF state ON changes WHEN OLD.state <> NEW.state
				${note(`OLD.state || ' --> ' || NEW.state`)}
			CREATE TRIGGER IF NOT EXISTS see_end AFTER DELETE ON changes ${note(`OLD.state || ' --> [*]'`)}`);
	} finally {
		database.close();
	}
}

export function seenTransitions(file: string): string[] {
	const database = new DatabaseSync(file, { readOnly: true });
	try {
		return database
			.prepare('SELECT way FROM seen_transitions')
			.all()
			.map((row) => String(row['way']));
	} finally {
		database.close();
	}
}

/** The ways that docs/ledger.md names: `a --> b: why (so c, d)` stands for those from c and d as well. */
export function documentedTransitions(): Set<string> {
	const page = readFileSync(join(__dirname, '..', '..', 'docs', 'ledger.md'), 'utf8');
	const ways = [...page.matchAll(/^\s+(\[\*\]|\w+) --> (\[\*\]|\w+): (.*)$/gm)].flatMap(([, from, to, why]) => {
		const others = /\(so ([\w, ]+)\)/.exec(why!)?.[1]?.split(', ') ?? [];
		return [from!, ...others].map((state) => `${state} --> ${to!}`);
	});
	return new Set(ways);
}
