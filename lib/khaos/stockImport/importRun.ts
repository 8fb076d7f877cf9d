import type { KhaosClient } from '../webServices/client';
import type { DeliveryPort } from '../delivery/deliveryPort';
import { laneOf, notOurs, postpone, refuse, type ImportCall, type Work } from '../delivery/deliveryWork';
import { KhaosFault, KhaosUnknownOutcome } from '../webServices/fault';
import { halves, tableRows } from './importCalls';
import type { KhaosLine } from '../delivery/khaosLine';
import { importStock } from './stockImport';
import { StockTableError } from './stockTable';

/**
 * Single rows refused in a row, with no call accepted, after which rows from the end are tried: if those are refused as
 * well, it isn't the rows.
 */
const SUSPICIOUS_AFTER = 4;
const HOPELESS_AFTER = 7;

/**
 * The import calls of one batch. A call that Khaos refuses is split until the row at fault stands alone; a call of unknown
 * outcome is left to the read-back.
 */
export class ImportRun {
	/** Why no more imports are made, although Khaos answers. */
	private ended: Error | null = null;
	private accepted = false;
	private refusedInARow = 0;

	constructor(
		private readonly client: KhaosClient,
		private readonly port: DeliveryPort,
		private readonly line: KhaosLine,
	) {}

	/**
	 * Make these calls. Rows that were (or may have been) written come back, with `call` set; all others have their result.
	 */
	async run(calls: Work[][]): Promise<Work[]> {
		const pending = [...calls];
		const written: Work[] = [];
		for (let rows = this.next(pending); rows.length > 0; rows = this.next(pending)) {
			const stopped = this.ended ?? this.line.stopped;
			if (stopped !== null) {
				for (const work of rows) postpone(work, stopped);
				continue;
			}
			written.push(...(await this.import(rows, pending)));
		}
		return written;
	}

	private next(pending: Work[][]): Work[] {
		const last = pending.at(-1);
		if (last === undefined) return [];
		if (this.accepted || this.refusedInARow < SUSPICIOUS_AFTER) return pending.shift()!;
		const probe = last.pop()!;
		if (last.length === 0) pending.pop();
		return [probe];
	}

	private async import(rows: Work[], pending: Work[][]): Promise<Work[]> {
		let ours: Work[] | null = null;
		const outcome = await this.line.write(laneOf(rows), async () => {
			const still = await this.port.beginWrite(
				rows.map(({ item }) => ({ changeId: item.changeId, token: item.lease.token })),
			);
			ours = rows.filter(({ item }) => still.has(item.changeId));
			for (const work of ours) this.begin(work);
			const planned = ours.map((work) => work.row!);
			if (planned.length === 0) return null;
			return await importStock(
				this.client,
				tableRows(planned),
				planned.map(({ stockCode }) => stockCode),
			);
		});
		const sent: Work[] = ours ?? rows;
		for (const work of rows) {
			if (!sent.includes(work)) notOurs(work, `${work.stockCode} was changed or given to another batch meanwhile`);
		}
		if (sent.length === 0) return [];
		const call: ImportCall = { rows: sent, summary: null, error: null };
		if (outcome.ok) {
			this.accepted = true;
			call.summary = outcome.value;
			for (const work of sent) work.call = call;
			return sent;
		}
		const { error } = outcome;
		if (error instanceof KhaosUnknownOutcome) {
			call.error = error;
			for (const work of sent) {
				work.call = call;
				work.unknownCalls++;
			}
			return sent;
		}
		this.refused(sent, error, pending);
		return [];
	}

	/** What was known before the call is known no more. */
	private begin(work: Work): void {
		work.before = work.known ?? work.before;
		work.known = null;
		work.fresh = false;
	}

	private refused(sent: Work[], error: Error, pending: Work[][]): void {
		const ofRows = error instanceof StockTableError || (error instanceof KhaosFault && error.concernsTheCall);
		if (!ofRows) {
			if (error instanceof KhaosFault && error.kind === 'methodNotFound') this.ended = error;
			for (const work of sent) postpone(work, error);
			return;
		}
		if (sent.length > 1) {
			const [first, second] = halves(sent);
			pending.unshift(first, second);
			return;
		}
		this.refusedInARow++;
		const remedy = error instanceof KhaosFault ? error.remedy : 'Correct the mapping of that column.';
		for (const work of sent) refuse(work, error.message, remedy);
		if (!this.accepted && this.refusedInARow >= HOPELESS_AFTER) this.ended = error;
	}
}
