// Preloaded into the n8n processes of a chaos run (NODE_OPTIONS --require): shifts the clock that the process sees, and
// keeps its SQLite ledger from growing, as the file named in CHAOS_CONTROL says: {"skewMs": 0, "full": false, "ledger": FILE}.
// The package itself knows nothing of it: SQLite refuses by its own max_page_count, as it does on a disk that is full. Each
// refusal adds a byte to the file beside it that is named .refused, so that none is forgotten when the process is killed.
const { appendFileSync, readFileSync } = require('node:fs');
const { resolve } = require('node:path');

const LOOK_AGAIN_MS = 100;
const NO_LIMIT = 4294967294;
const SQLITE_FULL = 13;

const controlFile = process.env.CHAOS_CONTROL;
let control = { skewMs: 0, full: false, ledger: '' };
const look = () => {
	try {
		control = JSON.parse(readFileSync(controlFile, 'utf8'));
	} catch {
		// Not written yet; the file is replaced whole, so it is never half there.
	}
};

if (controlFile) {
	look();
	shiftClock();
	limitLedger();
}

function shiftClock() {
	const TrueDate = Date;
	const trueNow = Date.now.bind(Date);
	const now = () => trueNow() + control.skewMs;
	TrueDate.now = now;
	globalThis.Date = new Proxy(TrueDate, {
		construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
		apply: () => new TrueDate(now()).toString(),
	});
	TrueDate.prototype.constructor = globalThis.Date;
}

function limitLedger() {
	const sqlite = require('node:sqlite');
	const ledgers = new Set();
	sqlite.DatabaseSync = class extends sqlite.DatabaseSync {
		constructor(file, options = {}) {
			super(file, options);
			if (typeof file !== 'string' || resolve(file) !== control.ledger || options.readOnly) return;
			ledgers.add(this);
			// What exists already may be opened on a full disk.
			if (control.full) this.exec('PRAGMA max_page_count = 1');
		}
	};
	countRefusals(sqlite.StatementSync.prototype);
	let full = control.full;
	setInterval(() => {
		look();
		if (control.full === full) return;
		for (const database of ledgers) if (!database.isOpen) ledgers.delete(database);
		if ([...ledgers].filter((database) => !limit(database)).length === 0) full = control.full;
	}, LOOK_AGAIN_MS).unref();
}

/** @returns whether it is done; where the database is busy, the next look tries again */
function limit(database) {
	try {
		if (control.full) {
			// What was finished left free pages, which would take new records for as long as they last.
			database.exec('VACUUM');
			// Less than the file has already is taken as what it has.
			database.exec('PRAGMA max_page_count = 1');
		} else database.exec(`PRAGMA max_page_count = ${NO_LIMIT}`);
		return true;
	} catch {
		return false;
	}
}

function countRefusals(statement) {
	for (const name of ['all', 'get', 'run']) {
		const call = statement[name];
		statement[name] = function (...parameters) {
			try {
				return call.apply(this, parameters);
			} catch (error) {
				if (error.errcode === SQLITE_FULL) appendFileSync(`${controlFile}.refused`, '.');
				throw error;
			}
		};
	}
}
