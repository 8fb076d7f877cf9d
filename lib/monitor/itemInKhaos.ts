import { HARMONISATION_CODE } from '../khaos/columns';
import { yesOrNo } from '../khaos/comparison';
import { readBackOf } from '../khaos/stockReading/readBack';
import type { StockRecord } from '../khaos/stockReading/stockRecord';
import type { ReadBack } from '../shapes';
import type { DriftItem } from './driftPort';

/** Whether ExportStock says yes in this element, in whatever spelling; Khaos keeps items that were deleted, and says so. */
export const saysYes = (record: StockRecord, element: string): boolean =>
	yesOrNo(record.elements[element] ?? '') === true;

/** As the ledger keeps it: with the commodity codes, which another method shows, and with what no read-back can prove. */
export function readBackOfItem(item: Pick<DriftItem, 'desired' | 'readBack' | 'codes'>, record: StockRecord): ReadBack {
	const { desired, codes, readBack: earlier } = item;
	const readBack = readBackOf(record, Object.keys(desired.columns), desired.settings);
	const expected = desired.columns[HARMONISATION_CODE] ?? '';
	const code =
		codes === null
			? earlier?.columns[HARMONISATION_CODE]
			: expected !== '' && codes.includes(expected)
				? expected
				: codes.join(', ');
	if (code !== undefined && HARMONISATION_CODE in desired.columns) readBack.columns[HARMONISATION_CODE] = code;
	return earlier?.unproven === undefined ? readBack : { ...readBack, unproven: earlier.unproven };
}
