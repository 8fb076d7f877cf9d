import { keyOf, type ReadBack } from '../../shapes';
import type { KhaosClient } from '../webServices/client';
import { HARMONISATION_CODE, withUnproven } from '../columns';
import type { DeliveryPort } from '../delivery/deliveryPort';
import { laneOf, saidOf, tookEffect, type Work } from '../delivery/deliveryWork';
import { KhaosFault, KhaosUnknownOutcome } from '../webServices/fault';
import { halves } from '../stockImport/importCalls';
import type { KhaosLine, Outcome } from '../delivery/khaosLine';
import { absent, readBackOf } from './readBack';
import { EXPORT_BATCH, exportBatches, exportStock } from './stockExport';
import { getStockList } from './stockList';
import { recordsByKey, type StockRecord } from './stockRecord';

/** A whole list is asked for when more items than one export holds are not known. */
const LIST_FROM = EXPORT_BATCH;

/**
 * Finds out what Khaos holds of a batch's items, in as few calls as it takes, and has the ledger remember it. An item that
 * can't be read keeps the reason in `readError`; the others are not held up by it.
 */
export class StateReader {
	/** Descriptions of the items that were read, but of SCS children, by key; null: Khaos doesn't hold the item. */
	private readonly descriptions = new Map<string, string | null>();

	constructor(
		private readonly client: KhaosClient,
		private readonly port: DeliveryPort,
		private readonly line: KhaosLine,
		private readonly stockListMaxAgeMs: number,
	) {}

	/** Read items of which nothing is known yet. Those that may well be there are exported, of the others the list is asked. */
	async learn(works: Work[]): Promise<void> {
		const expected = works.filter(
			(work) => work.uncertain || work.purpose === 'check' || work.earlier?.exists === true,
		);
		const unknown = works.filter((work) => !expected.includes(work));
		let toExport = works;
		if (unknown.length > 0 && (await this.haveList(unknown))) {
			const listed = await this.port.inStockList(unknown.map((work) => work.key));
			const observations = new Map<string, ReadBack>();
			for (const work of unknown) {
				const row = listed.get(work.key);
				if (row) work.parentCode = row.parentCode;
				else {
					this.know(work, absent(work.stockCode));
					observations.set(work.key, work.known!);
				}
			}
			await this.port.observe(observations);
			toExport = works.filter((work) => work.known === null || expected.includes(work));
		}
		await this.export(toExport, keptNotes);
	}

	/**
	 * Read the parents of SCS children, as far as they weren't read with them: a child's row carries its parent's description.
	 * A child whose parent can't be read keeps the reason in `readError`.
	 */
	async learnParents(children: Work[]): Promise<void> {
		const byParent = new Map<string, Work[]>();
		for (const work of children) {
			const code = work.scs?.parentCode ?? '';
			if (code === '' || this.descriptions.has(keyOf(code))) continue;
			byParent.set(code, [...(byParent.get(code) ?? []), work]);
		}
		for (const codes of exportBatches([...byParent.keys()])) {
			const works = codes.flatMap((code) => byParent.get(code)!);
			const outcome = await this.line.read(laneOf(works), async () => await exportStock(this.client, codes));
			if (outcome.ok) this.rememberDescriptions(outcome.value);
			else for (const work of works) work.readError = outcome.error;
			const missing = outcome.ok ? codes.filter((code) => !this.descriptions.has(keyOf(code))) : [];
			for (const code of missing) this.descriptions.set(keyOf(code), null);
			// Then the ledger holds the children until their parent is there again.
			await this.port.observe(new Map(missing.map((code) => [keyOf(code), absent(code)])));
		}
	}

	/** The description of an item that was read; null where Khaos doesn't hold it. */
	descriptionOf(stockCode: string): string | null {
		return this.descriptions.get(keyOf(stockCode)) ?? null;
	}

	private rememberDescriptions(records: StockRecord[]): void {
		for (const { stockCode, parentCode, elements } of records) {
			if (parentCode === '') this.descriptions.set(keyOf(stockCode), elements.STOCK_DESC ?? '');
		}
	}

	/** Read items back after they were written. */
	async readBack(works: Work[]): Promise<void> {
		for (const work of works) if (work.scs !== null) work.parentCode = work.scs.parentCode;
		await this.export(works, writtenNotes);
		const missing = works.filter((work) => work.known?.exists === false && work.readError === null);
		// An SCS child is shown inside its parent only (contract 2.5): the list says whose child it is.
		const unexplained = missing.filter((work) => work.parentCode === '' && saidOf(work) === undefined);
		if (unexplained.length === 0 || !(await this.haveList(unexplained, true))) return;
		const listed = await this.port.inStockList(unexplained.map((work) => work.key));
		const children = unexplained.filter((work) => (listed.get(work.key)?.parentCode ?? '') !== '');
		for (const work of children) work.parentCode = listed.get(work.key)!.parentCode;
		await this.export(children, writtenNotes);
	}

	/** Whether there is a recent stock list to ask; one is fetched where it pays. */
	private async haveList(unknown: Work[], needed = false): Promise<boolean> {
		const age = await this.port.stockListAge();
		if (age !== null && age < this.stockListMaxAgeMs) return true;
		if (!needed && unknown.length <= LIST_FROM) return false;
		const list = await this.line.read(laneOf(unknown), async () => await getStockList(this.client), 2);
		if (!list.ok) return false;
		await this.port.saveStockList(list.value);
		return true;
	}

	private async export(works: Work[], notes: (work: Work, readBack: ReadBack) => ReadBack): Promise<void> {
		let open = works;
		// Second round: a child that isn't in the parent it was thought to be in is asked for by its own code.
		for (let round = 0; open.length > 0 && round < 2; round++) {
			const byCode = new Map<string, Work[]>();
			for (const work of open) {
				const code = work.parentCode === '' ? work.stockCode : work.parentCode;
				byCode.set(code, [...(byCode.get(code) ?? []), work]);
			}
			const strayed: Work[] = [];
			for (const codes of exportBatches([...byCode.keys()])) {
				strayed.push(...(await this.exportBatch(codes, byCode, notes)));
			}
			for (const work of strayed) work.parentCode = '';
			open = strayed;
		}
	}

	private async exportBatch(
		codes: string[],
		byCode: Map<string, Work[]>,
		notes: (work: Work, readBack: ReadBack) => ReadBack,
		attempts?: number,
	): Promise<Work[]> {
		const works = codes.flatMap((code) => byCode.get(code) ?? []);
		const outcome: Outcome<StockRecord[]> = await this.line.read(
			laneOf(works),
			async () => await exportStock(this.client, codes),
			attempts,
		);
		if (!outcome.ok) {
			if (codes.length > 1 && this.line.stopped === null && isOfOneItem(outcome.error)) {
				const strayed: Work[] = [];
				for (const half of halves(codes)) strayed.push(...(await this.exportBatch(half, byCode, notes, 1)));
				return strayed;
			}
			for (const work of works) work.readError = outcome.error;
			return [];
		}
		const records = recordsByKey(outcome.value);
		this.rememberDescriptions(outcome.value);
		const observations = new Map<string, ReadBack>();
		const strayed: Work[] = [];
		for (const work of works) {
			const record = records.get(work.key);
			if (!record && work.parentCode !== '') {
				strayed.push(work);
				continue;
			}
			const readBack = record
				? readBackOf(record, Object.keys(work.whole.columns), work.whole.settings)
				: absent(work.stockCode);
			this.know(work, notes(work, readBack));
			if (record) work.parentCode = record.parentCode;
			observations.set(work.key, work.known!);
		}
		await this.port.observe(observations);
		return strayed;
	}

	private know(work: Work, readBack: ReadBack): void {
		work.known = readBack;
		work.fresh = true;
		work.readError = null;
		work.uncertain = false;
	}
}

/** One item may be what breaks a call: then the others can be read without it. */
export const isOfOneItem = (error: Error): boolean =>
	(error instanceof KhaosFault && error.concernsTheCall) ||
	(error instanceof KhaosUnknownOutcome && (error.kind === 'tooLarge' || error.kind === 'truncated'));

/** The commodity code as read before: ExportStock doesn't show it, and nothing of ours changed it since. */
function withKnownCode(readBack: ReadBack, before: ReadBack | null): ReadBack {
	const code = before?.exists === true ? before.columns[HARMONISATION_CODE] : undefined;
	if (code === undefined || !readBack.exists || readBack.columns[HARMONISATION_CODE] !== undefined) return readBack;
	return { ...readBack, columns: { ...readBack.columns, [HARMONISATION_CODE]: code } };
}

/** Before a write: what was remembered of values that no read-back proves stays as it was. */
function keptNotes(work: Work, readBack: ReadBack): ReadBack {
	const { earlier } = work;
	if (!readBack.exists || earlier === null) return readBack;
	const known = work.uncertain ? readBack : withKnownCode(readBack, earlier);
	return earlier.unproven === undefined ? known : { ...known, unproven: earlier.unproven };
}

/**
 * After a write: where no read-back proves a value, what was sent is remembered, but only if the write took effect as far as
 * can be seen. Otherwise the notes stay, so that the next attempt sends it again.
 */
function writtenNotes(work: Work, readBack: ReadBack): ReadBack {
	const sentCode = work.row?.changed.includes(HARMONISATION_CODE) === true;
	const known = sentCode ? readBack : withKnownCode(readBack, work.before);
	const earlier = work.before ?? work.earlier;
	if (tookEffect(work, known)) return withUnproven(known, work.desired, earlier);
	return known.exists && earlier?.unproven !== undefined ? { ...known, unproven: earlier.unproven } : known;
}
