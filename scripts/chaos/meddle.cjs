// Preloaded into the n8n processes of a chaos run (NODE_OPTIONS --require): shifts the clock that the process sees, and
// keeps its SQLite ledger from growing, as the file named in CHAOS_CONTROL says: {"skewMs": 0, "full": false, "ledger": FILE}.
// The package itself knows nothing of it: SQLite refuses by its own max_page_count, as it does on a disk that is full.
const { readFileSync } = require('node:fs');
const { resolve } = require('node:path');

const LOOK_AGAIN_MS = 100;
const NO_LIMIT = 4294967294;

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
	const limit = (database) => {
		if (!database.isOpen) return ledgers.delete(database);
		// Less than the file has already is taken as what it has.
		database.exec(`PRAGMA max_page_count = ${control.full ? 1 : NO_LIMIT}`);
	};
	sqlite.DatabaseSync = class extends sqlite.DatabaseSync {
		constructor(file, ...options) {
			super(file, ...options);
			if (typeof file !== 'string' || resolve(file) !== control.ledger) return;
			ledgers.add(this);
			limit(this);
		}
	};
	let full = control.full;
	setInterval(() => {
		look();
		if (control.full === full) return;
		full = control.full;
		for (const database of ledgers) limit(database);
	}, LOOK_AGAIN_MS).unref();
}
