import { LANES, type ReadBack } from '../../shapes';
import type { KhaosClient } from '../webServices/client';
import { HARMONISATION_CODE } from '../columns';
import type { DeliveryPort } from './deliveryPort';
import { awaitHarmonisation, confirm, differ, inWords, pendingCode, type Work } from './deliveryWork';
import { KhaosFault } from '../webServices/fault';
import { isApproved } from './firstSync';
import { getHarmonisationCodes } from '../stockReading/harmonisation';
import type { KhaosLine } from './khaosLine';

/** When the commodity codes are read although more work waits. */
const MOST_AWAITING = 2_000;
const LONGEST_AWAITING_MS = 5 * 60_000;

/** An item that is confirmed but for its commodity code. */
export interface AwaitingCode {
	work: Work;
	adopted: boolean;
}

/** The record with the codes that Khaos shows; what was only remembered of them is proven or wrong now. */
function withCodes(readBack: ReadBack, codes: string[]): ReadBack {
	const notes = Object.entries(readBack.unproven ?? {}).filter(([column]) => column !== HARMONISATION_CODE);
	const shown = { ...readBack, columns: { ...readBack.columns, [HARMONISATION_CODE]: codes.join(', ') } };
	delete shown.unproven;
	return notes.length > 0 ? { ...shown, unproven: Object.fromEntries(notes) } : shown;
}

/**
 * Commodity codes are shown by one method only, which returns those of all items at once (contract 2.4). So they are read
 * once for many batches: when nothing else waits, when many items await it, or when one has waited for long.
 */
export async function sweepHarmonisation(
	client: KhaosClient,
	port: DeliveryPort,
	line: KhaosLine,
	awaiting: AwaitingCode[],
): Promise<void> {
	for (const { work } of awaiting) awaitHarmonisation(work);
	if (line.stopped !== null) return;
	const others = await port.awaitingHarmonisation();
	const count = awaiting.length + others.changes.length;
	if (count === 0) return;
	const due = count >= MOST_AWAITING || others.oldestMs > LONGEST_AWAITING_MS || !(await port.moreReady());
	if (!due) return;

	const read = await line.read(LANES.operational, async () => await getHarmonisationCodes(client));
	if (!read.ok) {
		// Otherwise they stay sent: a later batch reads the codes.
		if (read.error instanceof KhaosFault && read.error.kind === 'methodNotFound') {
			await takeOnTrust(port, awaiting, others.changes);
		}
		return;
	}
	// The codes reach the ledger with the results, which count only while the lease holds: the rest of what is known was read
	// earlier, and may have been overtaken since.
	for (const { work, adopted } of awaiting) {
		const codes = read.value.get(work.key) ?? [];
		const expected = pendingCode(work) ?? '';
		work.known = withCodes(work.known!, codes);
		const equal = expected === '' ? codes.length === 0 : codes.includes(expected);
		// A code that may not be written is told with the other differences.
		const mayDiffer = work.approval !== null && !isApproved(work.approval, HARMONISATION_CODE);
		if (equal || mayDiffer) {
			if (equal && expected !== '') work.known.columns[HARMONISATION_CODE] = expected;
			confirm(work, adopted);
			continue;
		}
		const difference = { field: HARMONISATION_CODE, expected, actual: codes.join(', ') };
		differ(
			work,
			[difference],
			`Khaos shows other commodity codes for ${work.stockCode}: ${inWords([difference])}`,
			'Look at the harmonisation codes of the item in Khaos Control; the next attempt writes the code again.',
		);
	}
	if (others.changes.length > 0) await port.settleHarmonisation(read.value);
}

/** This Khaos can't show commodity codes at all: they are confirmed by everything else, with a warning. */
async function takeOnTrust(
	port: DeliveryPort,
	awaiting: AwaitingCode[],
	others: Array<{ key: string; code: string }>,
): Promise<void> {
	for (const { work, adopted } of awaiting) {
		work.warnings.push({
			field: HARMONISATION_CODE,
			message:
				"The commodity code was sent but can't be read back: this Khaos Control has no method GetHarmonisationCodes.",
		});
		confirm(work, adopted);
	}
	if (others.length > 0) await port.settleHarmonisation(new Map(others.map(({ key, code }) => [key, [code]])));
}
