import type { BatchItem, DesiredStockItem, Difference, ReadBack, Result } from '../../shapes';
import type { KhaosClient } from '../webServices/client';
import { changedColumns, columnOf, differencesOf, HARMONISATION_CODE, shownValue, withUnproven } from '../columns';
import type { DeliveryPort } from './deliveryPort';
import {
	conclude,
	confirm,
	differ,
	fail,
	invalid,
	inWords,
	leftTraces,
	narrow,
	notOurs,
	pendingCode,
	postpone,
	refuse,
	saidOf,
	tookEffect,
	workOf,
	type ImportCall,
	type Work,
} from './deliveryWork';
import { sweepHarmonisation, type AwaitingCode } from './harmonisationSweep';
import { isApproved } from './firstSync';
import { halves, importCalls } from '../stockImport/importCalls';
import { needsFreshRead, planRow } from '../stockImport/importRow';
import { ImportRun } from '../stockImport/importRun';
import { KhaosLine } from './khaosLine';
import { absent } from '../stockReading/readBack';
import { goesByColumns, misplaced, scsCells } from '../stockImport/scs';
import { StateReader } from '../stockReading/stateReader';

export interface DeliveryOptions {
	client: KhaosClient;
	port: DeliveryPort;
	sleep: (ms: number) => Promise<void>;
	/** How old the last GetStockList may be to say that Khaos doesn't hold a code; 15 minutes by default. */
	stockListMaxAgeMs?: number;
}

const STOCK_LIST_MAX_AGE_MS = 15 * 60_000;

/** Rounds of write and read-back within a batch: splitting a silently refused call of 25 takes five. */
const MOST_ROUNDS = 8;

/** One batch under way. */
interface Batch {
	line: KhaosLine;
	reader: StateReader;
	imports: ImportRun;
	awaiting: AwaitingCode[];
}

/**
 * Brings stock items of Khaos to what is desired, and says of each what became of it: never by the import's own word, always
 * by a read-back (contract 11). One item never holds up the others.
 */
export class KhaosDelivery {
	constructor(private readonly options: DeliveryOptions) {}

	/**
	 * Deliver a batch. Every item gets exactly one result, in the order of the items, with its lease.
	 *
	 * Known records that are equal are adopted without a write; rows go out 25 a call and are read back 50 a call. A refused
	 * call is split until the bad row stands alone; after a call of unknown outcome its codes are read back before anything
	 * else is written to them. Never throws.
	 */
	async createOrUpdate(items: BatchItem[]): Promise<Result[]> {
		const works = items.map(workOf);
		try {
			await this.deliver(works);
		} catch (error) {
			const reason = error instanceof Error ? error : new Error(String(error));
			for (const work of works) if (work.result === null) postpone(work, reason);
		}
		return works.map((work) => {
			if (work.result === null) postpone(work, new Error(`${work.stockCode} was not delivered`));
			conclude(work);
			return work.result!;
		});
	}

	/** Read back and compare, without a write; otherwise as createOrUpdate. */
	async confirm(items: BatchItem[]): Promise<Result[]> {
		return await this.createOrUpdate(
			items.map((item) => ({ ...item, purpose: item.purpose === 'lookUp' ? 'lookUp' : 'check' })),
		);
	}

	private async deliver(works: Work[]): Promise<void> {
		const { client, port, sleep } = this.options;
		const line = new KhaosLine(port, sleep);
		const maxAge = this.options.stockListMaxAgeMs ?? STOCK_LIST_MAX_AGE_MS;
		const batch: Batch = {
			line,
			reader: new StateReader(client, port, line, maxAge),
			imports: new ImportRun(client, port, line),
			awaiting: [],
		};
		const open = onceEach(works);
		await this.learn(open, batch);
		for (const work of open) narrow(work);
		await this.learnParents(open, batch);
		await this.write(this.plan(open, batch), batch);
		await sweepHarmonisation(client, port, line, batch.awaiting);
	}

	/** Find out what Khaos holds of each; those that can't be read are postponed. */
	private async learn(works: Work[], batch: Batch): Promise<void> {
		const uncertain = await this.options.port.uncertain(works.map((work) => work.key));
		const toRead: Work[] = [];
		for (const work of works) {
			work.uncertain = uncertain.has(work.key);
			const { earlier, purpose } = work;
			if (earlier?.exists === true && !work.uncertain) work.known = earlier;
			const mayWriteCode = work.approval === null || isApproved(work.approval, HARMONISATION_CODE);
			work.codeMissed =
				mayWriteCode && purpose === 'write' && work.item.attempt > 1 && (pendingCode(work) ?? '') !== '';
			if (work.known !== null && isEnough(work, work.known)) continue;
			work.known = null;
			toRead.push(work);
		}
		await batch.reader.learn(toRead);
		for (const work of toRead) if (work.readError !== null) postpone(work, work.readError);
	}

	/** Read the parents of those that Khaos is to make as children of them. */
	private async learnParents(works: Work[], batch: Batch): Promise<void> {
		const children = works.filter(
			({ result, purpose, scs, known, stockCode }) =>
				result === null && purpose === 'write' && scs !== null && goesByColumns(scs, known ?? absent(stockCode)),
		);
		await batch.reader.learnParents(children);
		for (const work of children) if (work.readError !== null) postpone(work, work.readError);
	}

	/** Settle what needs no write, and plan the rows of the others. */
	private plan(works: Work[], batch: Batch): Work[] {
		const rows: Work[] = [];
		eachAlone(works, (work) => {
			if (work.result !== null) return;
			const known = work.known ?? absent(work.stockCode);
			if (work.purpose === 'lookUp') {
				if (known.exists) confirm(work, false);
				else
					fail(
						work,
						`${work.stockCode} is not in Khaos`,
						'Create it in Khaos, or send its product from Pimberly first.',
					);
				return;
			}
			if (work.purpose === 'check') {
				this.judge(work, batch);
				return;
			}
			const wrong = work.scs === null ? null : misplaced(work.stockCode, work.scs, known);
			if (wrong !== null) {
				fail(work, wrong.reason, wrong.remedy, [placeOf(work, known)]);
				return;
			}
			const codeMissed = work.codeMissed && work.call === null;
			if (known.exists && changedColumns(work.desired, known).length === 0 && !codeMissed) {
				this.equal(work, batch, work.call === null);
				return;
			}
			const byColumns = work.scs !== null && goesByColumns(work.scs, known) ? work.scs : null;
			const parentDescription = byColumns === null ? null : batch.reader.descriptionOf(byColumns.parentCode);
			if (byColumns !== null && parentDescription === null) {
				postpone(work, new Error(`${byColumns.parentCode}, of which ${work.stockCode} is a child, is not in Khaos`));
				return;
			}
			const instead = byColumns === null ? {} : scsCells(byColumns, parentDescription!);
			const planned = planRow(work.desired, codeMissed ? withoutNotes(known) : known, work.fresh, instead);
			if (Array.isArray(planned)) {
				invalid(work, planned);
				return;
			}
			work.row = planned;
			rows.push(work);
		});
		return rows;
	}

	private async write(rows: Work[], batch: Batch): Promise<void> {
		let calls = callsOf(rows);
		for (let round = 0; calls.length > 0 && round < MOST_ROUNDS; round++) {
			const written = await batch.imports.run(calls);
			for (const work of written) work.readError = null;
			await batch.reader.readBack(written);
			const again = this.judgeAll(written, batch);
			calls = again.flatMap((call) => callsOf(this.plan(call, batch)));
		}
		for (const work of calls.flat())
			postpone(work, new Error(`${work.stockCode} was not accepted in ${MOST_ROUNDS} calls`));
	}

	/** Settle what was written and read back; what is worth another call in this batch comes back, call by call. */
	private judgeAll(written: Work[], batch: Batch): Work[][] {
		const again: Work[][] = [];
		for (const call of new Set(written.map((work) => work.call!))) {
			const works = call.rows.filter((work) => written.includes(work));
			const unread = works.filter((work) => work.readError !== null);
			for (const work of unread) postpone(work, work.readError!);
			const open = works.filter((work) => work.readError === null && !tookEffect(work, work.known!));
			const done = works.filter((work) => work.readError === null && !open.includes(work));
			eachAlone(done, (work) => this.equalAfterWrite(work, batch));
			const resend = worthAnotherCall(call, open);
			const settledNow = open.filter((work) => !resend.flat().includes(work));
			eachAlone(settledNow, (work) => this.judge(work, batch));
			again.push(...resend);
		}
		return again;
	}

	private equalAfterWrite(work: Work, batch: Batch): void {
		const wrong = work.scs === null ? null : misplaced(work.stockCode, work.scs, work.known!);
		if (wrong !== null) {
			differ(work, [placeOf(work, work.known!)], wrong.reason, wrong.remedy);
			return;
		}
		const said = work.call?.summary?.byKey.get(work.key);
		// Its only change can't be read back, it left no traces, and Khaos says it refused it.
		if (said !== undefined && !leftTraces(work, work.known!)) {
			refuse(work, `Khaos refused ${work.stockCode}: ${said}`, REFUSED_REMEDY);
		} else {
			this.equal(work, batch, false);
		}
	}

	/** Nothing that can be read of the item differs. */
	private equal(work: Work, batch: Batch, adopted: boolean): void {
		// A check sends nothing, so it says nothing of values that can't be read.
		if (work.purpose === 'write') work.known = withUnproven(work.known!, work.desired, work.known);
		warnOfUnreadable(work);
		if (pendingCode(work) === null) confirm(work, adopted);
		else batch.awaiting.push({ work, adopted });
	}

	/** Compare what was read with what is desired. */
	private judge(work: Work, batch: Batch): void {
		const known = work.known!;
		const { stockCode, call } = work;
		const said = saidOf(work) ?? (call?.rows.length === 1 ? call.summary?.general.join('; ') : undefined);
		if (!known.exists) {
			const difference = { field: 'STOCK_CODE', expected: stockCode, actual: null };
			const [reason, remedy] = absence(work, said);
			if (call?.error) postpone(work, call.error, [difference]);
			else if (said) refuse(work, reason, remedy);
			else differ(work, [difference], reason, remedy);
			return;
		}
		const differences = [
			...differencesOf(work.desired, known),
			...(work.purpose === 'check' ? unsentChanges(work.desired, known) : []),
		];
		if (differences.length === 0) {
			if (call?.error) postpone(work, call.error);
			else this.equal(work, batch, false);
			return;
		}
		const reason = `Khaos doesn't hold ${stockCode} as it should: ${inWords(differences)}`;
		if (said) refuse(work, `${reason}. Khaos says: ${said}`, REFUSED_REMEDY, differences);
		else if (call?.error) postpone(work, call.error, differences);
		else {
			differ(
				work,
				differences,
				reason,
				'If it stays so, look whether Khaos cuts or rewrites the value, or whether the mapping names the right column and its read-back element.',
			);
		}
	}
}

const REFUSED_REMEDY = 'Correct what Khaos names, in Pimberly or in Khaos, and send the product again.';

/** What is wrong with an item's place among families. */
const placeOf = ({ scs }: Work, known: ReadBack): Difference => ({
	field: 'SCS parent',
	expected: scs?.parentCode ?? null,
	actual: known.parentCode === '' ? null : known.parentCode,
});

function absence(work: Work, said: string | undefined): [reason: string, remedy: string] {
	const { stockCode, purpose, scs } = work;
	if (said) return [`Khaos refused ${stockCode}: ${said}`, REFUSED_REMEDY];
	if (stockCode.includes(',')) {
		return [
			`${stockCode} can't be read back: Khaos takes a comma in a stock code for two codes`,
			'Give the product a stock code without a comma.',
		];
	}
	if (scs !== null && purpose === 'write') {
		return [
			`Khaos accepted the SCS row of ${stockCode} and has no such child of ${scs.parentCode}`,
			`Look at the children that ${scs.parentCode} has in Khaos: if their codes are joined in another way, set Suffix Separator in the mapper so.`,
		];
	}
	if (purpose === 'check') return [`${stockCode} is not in Khaos`, 'It is written again by itself.'];
	return [
		`${stockCode} is not in Khaos although the import was accepted`,
		'Look at the import log of Khaos Control for the reason, and correct the product.',
	];
}

/** Whether what is known of an item is enough to go on without asking Khaos. */
function isEnough(work: Work, known: ReadBack): boolean {
	const { purpose, desired } = work;
	// What is left alone is sent as Khaos holds it now.
	if (work.approval !== null) return false;
	switch (purpose) {
		case 'lookUp':
			return true;
		case 'check':
			// All but the commodity code was read; the codes are read for many at once.
			return pendingCode(work) !== null && differencesOf(desired, known).length === 0;
		case 'write':
			return !needsFreshRead(desired) || (changedColumns(desired, known).length === 0 && !work.codeMissed);
	}
}

/** Columns that no read-back proves, of which another value was sent last than is desired now. */
function unsentChanges(desired: DesiredStockItem, known: ReadBack): Difference[] {
	const shown = differencesOf(desired, known).map((difference) => difference.field);
	return changedColumns(desired, known)
		.filter((field) => !shown.includes(field))
		.map((field) => ({
			field,
			expected: desired.columns[field] ?? null,
			actual: known.unproven?.[field] ?? known.columns[field] ?? null,
		}));
}

/** What goes wrong with one item is that item's result; the others go on. */
function eachAlone(works: Work[], settle: (work: Work) => void): void {
	for (const work of works) {
		try {
			settle(work);
		} catch (error) {
			postpone(work, error instanceof Error ? error : new Error(String(error)));
		}
	}
}

const withoutNotes = (known: ReadBack): ReadBack => ({ ...known, unproven: undefined });

/** One work a record: of several for the same code the first counts. */
function onceEach(works: Work[]): Work[] {
	const seen = new Set<string>();
	return works.filter((work) => {
		if (work.result !== null) return false;
		if (seen.has(work.key)) {
			notOurs(work, `${work.stockCode} is in this batch more than once; only the first is sent`);
			return false;
		}
		seen.add(work.key);
		return true;
	});
}

function callsOf(works: Work[]): Work[][] {
	const byRow = new Map(works.map((work) => [work.row!, work]));
	return importCalls([...byRow.keys()]).map((rows) => rows.map((row) => byRow.get(row)!));
}

/**
 * Which of a call's rows that had no effect are sent again at once: all of them once, where the call's outcome wasn't known
 * (but not after a timeout, when Khaos needs rest); in halves, where Khaos took the call but did nothing of it and named no
 * row, or named others.
 */
function worthAnotherCall(call: ImportCall, open: Work[]): Work[][] {
	if (call.summary === null) {
		const timeout = call.error !== null && 'kind' in call.error && call.error.kind === 'timeout';
		const once = open.filter((work) => work.unknownCalls <= 1);
		return timeout || once.length === 0 ? [] : [once];
	}
	const { summary } = call;
	const idle = call.rows.every((work) => work.known !== null && !leftTraces(work, work.known));
	if (!idle || call.rows.length === 1 || (summary.imported ?? 0) > 0) return [];
	const named = open.filter((work) => saidOf(work) !== undefined);
	const others = open.filter((work) => !named.includes(work));
	if (named.length > 0) return others.length > 0 ? [others] : [];
	return halves(others).filter((half) => half.length > 0);
}

function warnOfUnreadable(work: Work): void {
	for (const [name, value] of Object.entries(work.desired.columns)) {
		const column = columnOf(name, work.desired.settings?.[name]);
		if (value === null || column.readBack === '' || shownValue(work.known!, column) !== undefined) continue;
		if (work.warnings.some((warning) => warning.field === name)) continue;
		work.warnings.push({
			field: name,
			message: `${name} can't be confirmed: ExportStock doesn't show it under ${column.readBack}. Set its read-back element in the mapping, or none.`,
		});
	}
}
