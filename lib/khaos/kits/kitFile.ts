import Big from 'big.js';

import { keyOf, type DesiredKit, type Reason } from '../../shapes';
import { tabSeparated, type ImportFile, type ImportFiles, type Newline } from '../importFile';
import { kitProblems, nestedAmong } from './kits';

/**
 * `desktop`: the Stock Relationship Import Tool, a file for each kind of relation; `desktopBuild` and `desktopMoveWith`: the
 * same for one kind; `cloud`: Khaos Control Cloud's relationship import, which names the kind in each row (contract 7).
 */
export type KitFileFormat = 'desktop' | 'desktopBuild' | 'desktopMoveWith' | 'cloud';

/** The tool's menu entry says which kind it is, the file doesn't (contract 7). */
const TOOLS = { build: 'Stock Build Relationships (TSV)', pack: 'Move With Relationships (TSV)' } as const;

/**
 * Relationship files of whole relations: a kit that can't be imported is in none of them, with no part of it. Quantities
 * have two decimal places; VALUE_PROP is left to Khaos, which calculates it.
 */
export function kitFiles<T extends { kit: DesiredKit }>(
	entries: T[],
	format: KitFileFormat,
	newline: Newline = '\r\n',
): ImportFiles<T> {
	const nested = nestedAmong(entries.map(({ kit }) => kit));
	const twice = sentTwice(entries);
	const refused: ImportFiles<T>['refused'] = [];
	const good: T[] = [];
	for (const entry of entries) {
		const { kit } = entry;
		const reasons = [
			...kitProblems(kit),
			...(nested.get(keyOf(kit.stockCode)) ?? []),
			...(twice.has(entry) ? [twiceInFile(kit)] : []),
			...(kit.components.length === 0 ? [notRemovable(kit)] : []),
			...wrongKind(kit, format),
		];
		if (reasons.length > 0) refused.push({ entry, reasons });
		else good.push(entry);
	}
	const files =
		format === 'cloud'
			? [fileOf(good, '', 'Relationship import of Khaos Control Cloud', cloudRows, newline)]
			: (['pack', 'build'] as const).map((relation) =>
					fileOf(
						good.filter(({ kit }) => kit.relation === relation),
						relation === 'pack' ? 'move-with' : 'build',
						TOOLS[relation],
						desktopRows,
						newline,
					),
				);
	return { files: files.filter(({ rows }) => rows > 0), refused };
}

function fileOf<T extends { kit: DesiredKit }>(
	entries: T[],
	kind: string,
	tool: string,
	rowsOf: (kits: DesiredKit[]) => string[][],
	newline: Newline,
): ImportFile<T> {
	const rows = rowsOf(entries.map(({ kit }) => kit));
	return { kind, tool, content: tabSeparated(rows, newline), rows: rows.length - 1, entries };
}

const places = (quantity: string): string => new Big(quantity).toFixed(2);

const desktopRows = (kits: DesiredKit[]): string[][] => [
	['PARENT_CODE', 'CHILD_CODE', 'QTY', 'VALUE_PROP'],
	...kits.flatMap((kit) =>
		kit.components.map(({ stockCode, quantity }) => [kit.stockCode, stockCode, places(quantity), '']),
	),
];

const cloudRows = (kits: DesiredKit[]): string[][] => [
	['PARENT_CODE', 'CHILD_CODE', 'QTY', 'REL_TYPE'],
	...kits.flatMap((kit) =>
		kit.components.map(({ stockCode, quantity }) => [
			kit.stockCode,
			stockCode,
			places(quantity),
			kit.relation === 'pack' ? 'PACK' : 'BUILD',
		]),
	),
];

/** A parent that comes twice would have the components of both in one relation. */
function sentTwice<T extends { kit: DesiredKit }>(entries: T[]): Set<T> {
	const seen = new Set<string>();
	return new Set(
		entries.filter(({ kit }) => {
			const key = keyOf(kit.stockCode);
			if (seen.has(key)) return true;
			seen.add(key);
			return false;
		}),
	);
}

const twiceInFile = (kit: DesiredKit): Reason => ({
	field: 'kit parent',
	value: kit.stockCode,
	reason: `${kit.stockCode} is in this batch more than once; only the first is in the file`,
	remedy: 'Send each kit once.',
});

const notRemovable = (kit: DesiredKit): Reason => ({
	field: 'components',
	value: null,
	reason: `${kit.stockCode} is to have no components any more, and no import file can remove a relation`,
	remedy: 'Remove the relation in Khaos Control by hand, then run the check again. The channel could remove a pack.',
});

function wrongKind(kit: DesiredKit, format: KitFileFormat): Reason[] {
	const only = format === 'desktopBuild' ? 'build' : format === 'desktopMoveWith' ? 'pack' : kit.relation;
	if (kit.relation === only) return [];
	return [
		{
			field: 'relation',
			value: kit.relation,
			reason: `${kit.stockCode} is a ${kit.relation}, and this file takes each relation for a ${only}`,
			remedy: "Set 'Format' of the Kit node to 'Desktop', which writes a file for each kind.",
		},
	];
}
