import { keyOf, type DesiredStockItem, type ReadBack, type Scs } from '../../shapes';
import type { StockRow } from './stockTable';

/** A child of a size/colour/style family that goes by the SCS columns of the stock import (contract 5). */
export type ScsChild = Scs & { by: 'columns' };

/**
 * The family of an item that is a child by the SCS columns; null for a parent, for a plain item, and where the channel feed
 * tells it.
 */
export function scsChildOf(desired: DesiredStockItem): ScsChild | null {
	const { scs } = desired;
	return scs?.by === 'columns' && scs.parentCode !== '' ? { ...scs, by: 'columns' } : null;
}

/** Whether an item is written by the SCS columns: one that Khaos doesn't hold, and each one where that is chosen. */
export const goesByColumns = (scs: ScsChild, known: ReadBack): boolean => !known.exists || scs.updateBy === 'columns';

/**
 * The cells by which Khaos makes a child: the parent's code and description, and a suffix and a word for each heading. It
 * appends the suffixes to the code and the words to the description itself.
 */
export function scsCells(scs: ScsChild, parentDescription: string): StockRow {
	const cells: StockRow = { STOCK_CODE: scs.parentCode, SHORT_DESC: parentDescription };
	for (const [at, value] of scs.values.entries()) {
		cells[`SCS_SK${at + 1}`] = value;
		cells[`SCS_DESC${at + 1}`] = scs.descriptions[at] ?? value;
	}
	return cells;
}

const isScsColumn = (name: string): boolean => /^SCS_/i.test(name);

/**
 * Rows that may be in one call: those with SCS columns are never with others (contract 3.1); neither are children that are
 * written by their own code, since nobody says on which side of that rule they are.
 */
export function callGroup({ cells, isChild }: { cells: StockRow; isChild: boolean }): string {
	const columns = Object.keys(cells).filter(isScsColumn).sort();
	return columns.length > 0 ? columns.join(' ') : isChild ? 'children' : 'items';
}

/** Why an item can't be made the child that it should be: Khaos holds it otherwise; null where it can. */
export function misplaced(
	stockCode: string,
	scs: ScsChild,
	known: ReadBack,
): { reason: string; remedy: string } | null {
	if (!known.exists || keyOf(known.parentCode) === keyOf(scs.parentCode)) return null;
	const held = known.parentCode === '' ? 'as a plain item' : `as a child of ${known.parentCode}`;
	return {
		reason: `Khaos holds ${stockCode} ${held}, and by the mapping it is a size/colour/style child of ${scs.parentCode}; an import does not turn one into the other`,
		remedy: 'Send variants as plain items (Variants in the mapper), or have it made a child of its parent in Khaos.',
	};
}
