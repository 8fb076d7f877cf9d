import {
	desiredStockItemSchema,
	keyOf,
	LANES,
	readBackSchema,
	type Approval,
	type BatchItem,
	type DesiredStockItem,
	type Difference,
	type FirstSyncDifference,
	type Lane,
	type ReadBack,
	type Reason,
	type Result,
	type Warning,
} from '../../shapes';
import { columnOf, differencesOf, HARMONISATION_CODE, sendableColumns, shownValue, withUnproven } from '../columns';
import { KhaosError, KhaosFault } from '../webServices/fault';
import { approvedPart, awaitingApproval, differencesThatStay, waitsInWords } from './firstSync';
import type { PlannedRow } from '../stockImport/importRow';
import type { ImportSummary } from '../stockImport/importSummary';
import { scsChildOf, type ScsChild } from '../stockImport/scs';

export type Purpose = 'write' | 'check' | 'lookUp';

/** One import call and what it said; shared by the rows that were in it. */
export interface ImportCall {
	rows: Work[];
	/** What Khaos answered; null where the outcome isn't known. */
	summary: ImportSummary | null;
	/** Why the outcome isn't known. */
	error: Error | null;
}

/** One item of a batch on its way to its result. */
export interface Work {
	item: BatchItem;
	purpose: Purpose;
	key: string;
	stockCode: string;
	/** For a look-up: an item without columns. Of an item with an approval, what may be written of it. */
	desired: DesiredStockItem;
	/** All that is desired, whether it may be written or not. */
	whole: DesiredStockItem;
	/** Null: all of it may be written. */
	approval: Approval | null;
	/** The record as the ledger had it when the batch was taken. */
	earlier: ReadBack | null;
	/** Written before with an outcome that isn't known. */
	uncertain: boolean;
	/** Where it is to be a child of a size/colour/style family. */
	scs: ScsChild | null;
	/** The SCS parent that it is exported with; '' without one. */
	parentCode: string;
	/** What Khaos is known to hold; null while it isn't. */
	known: ReadBack | null;
	/** `known` was read in this batch. */
	fresh: boolean;
	/** Why it couldn't be read. */
	readError: Error | null;
	row: PlannedRow | null;
	/** What Khaos held before the last write of this batch. */
	before: ReadBack | null;
	call: ImportCall | null;
	/**
	 * It was tried before and is equal but for a commodity code that nothing shows: the codes were read meanwhile and Khaos
	 * had another, so it has to be written again.
	 */
	codeMissed: boolean;
	/** Calls of unknown outcome that it was in. */
	unknownCalls: number;
	warnings: Warning[];
	result: Result | null;
}

/** What the ledger knew of a record; null where it knew nothing that can be used. */
function earlierOf(item: BatchItem): ReadBack | null {
	const parsed = readBackSchema.safeParse(item.confirmed);
	return parsed.success ? parsed.data : null;
}

/** A batch item as work, or the result it gets because it is none for this node. */
export function workOf(item: BatchItem): Work {
	const purpose = item.purpose ?? 'write';
	const lookedUp = { stockCode: item.key, columns: {} };
	const parsed = desiredStockItemSchema.safeParse(item.desired);
	const desired = purpose === 'lookUp' ? lookedUp : parsed.success ? parsed.data : lookedUp;
	const earlier = earlierOf(item);
	const scs = scsChildOf(desired);
	const work: Work = {
		item,
		purpose,
		key: keyOf(desired.stockCode),
		stockCode: purpose === 'lookUp' ? (earlier?.stockCode ?? desired.stockCode) : desired.stockCode.trim(),
		desired,
		whole: desired,
		approval: purpose === 'lookUp' ? null : (item.approval ?? null),
		earlier,
		uncertain: false,
		scs,
		parentCode: earlier?.exists === true ? earlier.parentCode : (scs?.parentCode ?? ''),
		known: null,
		fresh: false,
		readError: null,
		row: null,
		before: null,
		call: null,
		codeMissed: false,
		unknownCalls: 0,
		warnings: sendableColumns(desired).warnings,
		result: null,
	};
	if (item.kind !== 'stockItem') {
		fail(work, `A change of kind '${item.kind}' is no stock item`, 'Send only changes of stock items to this node.');
	} else if (purpose !== 'lookUp' && !parsed.success) {
		const where = parsed.error.issues[0];
		fail(
			work,
			`The desired record can't be read: ${where?.path.join('.') ?? ''} ${where?.message ?? ''}`.trim(),
			'Pass the items of the Sequencer Trigger on as they are.',
		);
	} else if (work.key === '') {
		fail(work, 'The stock code is empty', 'Give the product a stock code.');
	}
	return work;
}

const settled = (work: Work, rest: Partial<Result> & Pick<Result, 'status'>): void => {
	work.result = {
		changeId: work.item.changeId,
		lease: work.item.lease,
		differences: [],
		reason: '',
		remedy: '',
		retryAfter: null,
		key: work.item.key,
		kind: work.item.kind,
		// Only what is certain: a settled read-back ends the record's uncertainty.
		readBack: work.known,
		...(work.warnings.length > 0 ? { warnings: work.warnings } : {}),
		...rest,
	};
};

/** It reads back as desired. `adopted`: Khaos held it like that already, and nothing was written. */
export const confirm = (work: Work, adopted: boolean): void =>
	settled(work, { status: 'confirmed', ...(adopted ? { adopted } : {}) });

/** Written, and all of it read back but its commodity code, which another method of Khaos shows later. */
export const awaitHarmonisation = (work: Work): void =>
	settled(work, {
		status: 'sent',
		awaiting: 'harmonisation',
		reason: `The commodity code of ${work.stockCode} is still to be read back`,
	});

/** It can't be delivered before a person has done what `remedy` says. */
export const fail = (work: Work, reason: string, remedy: string, differences: Difference[] = []): void =>
	settled(work, { status: 'failed', reason, remedy, differences });

/** What differs is not written before a person allows it. */
function withhold(work: Work, differences: FirstSyncDifference[]): void {
	const waiting = awaitingApproval(differences);
	settled(work, {
		status: 'held',
		...waitsInWords(work.stockCode, waiting),
		differences: waiting.map(({ field, expected, actual }) => ({ field, expected, actual })),
		firstSync: differences,
	});
}

/** Before anything is written of an item with an approval: leave out what may not be written. */
export function narrow(work: Work): void {
	const { approval, known, whole } = work;
	if (approval === null || known === null || work.result !== null) return;
	if (known.exists) work.desired = approvedPart(whole, approval);
	else if (!approval.newItems) withhold(work, differencesThatStay(whole, known, approval));
}

/** An item with an approval is confirmed only where nothing of it differs; otherwise the rest of it waits. */
export function conclude(work: Work): void {
	const { approval, known, whole } = work;
	if (approval === null || known?.exists !== true || work.result?.status !== 'confirmed' || work.desired === whole)
		return;
	const differences = differencesThatStay(whole, known, approval);
	if (awaitingApproval(differences).length > 0) {
		withhold(work, differences);
		return;
	}
	const looked = work.purpose === 'check' && work.call === null && approval.columns.length === 0;
	work.known = withUnproven(known, whole, known);
	work.result = { ...work.result, readBack: work.known, firstSync: differences, ...(looked ? { adopted: true } : {}) };
}

/** It can't be sent as it is: every reason at once. */
export const invalid = (work: Work, reasons: Reason[]): void =>
	fail(
		work,
		reasons.map((reason) => reason.reason).join('; '),
		[...new Set(reasons.map((reason) => reason.remedy))].join(' '),
		reasons.map((reason) => ({ field: reason.field, expected: reason.value, actual: null })),
	);

/** Khaos said no to this record. */
export const refuse = (work: Work, reason: string, remedy: string, differences: Difference[] = []): void =>
	settled(work, { status: 'retry', cause: 'refused', reason, remedy, differences });

/** The read-back shows something else. */
export const differ = (work: Work, differences: Difference[], reason: string, remedy: string): void =>
	settled(work, { status: 'retry', cause: 'different', reason, remedy, differences });

/** Another execution holds the change by now, or newer content took its place: nothing more is done about it here. */
export const notOurs = (work: Work, reason: string): void =>
	settled(work, {
		status: 'retry',
		cause: 'notOurs',
		reason,
		remedy: 'Nothing: the newer state is sent next.',
		readBack: null,
	});

/** Seconds until a server that lacks a method or refuses the credential is asked again: a person has to act first. */
const PATIENCE_S = 300;

/** What the result of a change says where Khaos (or the ledger) couldn't be used. */
export function unavailability(error: Error): Pick<Result, 'status' | 'cause' | 'reason' | 'remedy' | 'retryAfter'> {
	const khaos = error instanceof KhaosError ? error : null;
	const needsPerson =
		error instanceof KhaosFault &&
		['methodNotFound', 'authentication', 'wrongUrl', 'tls', 'notFound'].includes(error.kind);
	return {
		status: 'retry',
		cause: 'unavailable',
		reason: error.message,
		remedy: khaos?.remedy ?? 'It is tried again by itself. If it goes on, look at the log of n8n.',
		retryAfter: khaos?.retryAfter ?? (needsPerson ? PATIENCE_S : null),
	};
}

/** Khaos (or the ledger) couldn't be used: nothing is said against the record. */
export function postpone(work: Work, error: Error, differences: Difference[] = []): void {
	const unavailable = unavailability(error);
	settled(work, {
		...unavailable,
		differences,
		reason: differences.length > 0 ? `${error.message}. Until then ${inWords(differences)}` : error.message,
	});
}

/** The most urgent lane of several items. */
export const laneOf = (works: Work[]): Lane =>
	works.reduce<Lane>((lane, work) => (work.item.lane < lane ? work.item.lane : lane), LANES.descriptive);

/** The commodity code that is desired and still to be read back: '' for one that was cleared, null where there is none. */
export function pendingCode(work: Work): string | null {
	if (!work.known?.exists) return null;
	const column = columnOf(HARMONISATION_CODE, work.whole.settings?.[HARMONISATION_CODE]);
	const desired = sendableColumns(work.whole).columns[HARMONISATION_CODE];
	if (desired === undefined || column.owner === 'khaos' || shownValue(work.known, column) !== undefined) return null;
	if (desired !== null && desired.trim() !== '') return desired.trim();
	return work.row?.changed.includes(HARMONISATION_CODE) === true ? '' : null;
}

/** Whether anything of the row can be seen in what Khaos shows now and didn't show before it was written. */
export function leftTraces(work: Work, after: ReadBack): boolean {
	const { before, row } = work;
	if (before === null || row === null || before.exists !== after.exists) return true;
	return Object.keys(row.cells).some((name) => before.columns[name] !== after.columns[name]);
}

/**
 * Whether a write took effect, as far as can be seen: nothing differs any more, and either Khaos answered the call or the
 * row left traces. (A row whose only change can't be read back proves nothing where the answer is missing.)
 */
export function tookEffect(work: Work, after: ReadBack): boolean {
	if (!after.exists || differencesOf(work.desired, after).length > 0) return false;
	return work.call?.summary !== null || leftTraces(work, after);
}

/**
 * What Khaos's summary says against an item. Of an SCS row it may name the parent, whose code the row has; then it is this
 * item's only where no other row of the call has the same.
 */
export function saidOf({ key, scs, call }: Work): string | undefined {
	const said = call?.summary?.byKey.get(key);
	if (said !== undefined || scs === null || !call?.summary) return said;
	const siblings = call.rows.filter((row) => row.scs !== null && keyOf(row.scs.parentCode) === keyOf(scs.parentCode));
	return siblings.length === 1 ? call.summary.byKey.get(keyOf(scs.parentCode)) : undefined;
}

/** Both sides of every difference, in a sentence. */
export const inWords = (differences: Difference[]): string =>
	differences
		.map(({ field, expected, actual }) => `${field} should be ${shown(expected)} but is ${shown(actual)}`)
		.join('; ');

const MOST_SHOWN = 120;
function shown(value: string | null): string {
	if (value === null || value === '') return 'empty';
	return value.length > MOST_SHOWN ? `'${value.slice(0, MOST_SHOWN)}…'` : `'${value}'`;
}
