import Big from 'big.js';

import { keyOf, type Component, type DesiredKit, type Difference, type KitReadBack, type Reason } from '../../shapes';
import { decimal } from '../comparison';
import { invalidCode } from '../stockImport/importCode';
import type { StockRecord } from '../stockReading/stockRecord';

/**
 * What ExportStock says of builds. `never` (the contract's: LINK_TYPE 3 is a pack component): builds aren't shown, so what
 * is shown is a pack. `findOut`: builds may be shown as packs are, and nothing says which of the two a relation is.
 */
export type BuildsShown = 'never' | 'findOut';

/** Quantities have at most 18 digits, two of them decimal places (contract 7). */
const QUANTITY = /^\d{1,16}(\.\d{1,2})?$/;

/** Components by key, with the quantities of one that comes twice taken together. */
function byKey(components: Component[]): Map<string, Component> {
	const found = new Map<string, Component>();
	for (const component of components) {
		const key = keyOf(component.stockCode);
		const known = found.get(key);
		const quantity = new Big(component.quantity);
		found.set(key, known ? { ...known, quantity: quantity.plus(known.quantity).toFixed() } : component);
	}
	return found;
}

/** The relation of a kit parent as ExportStock shows it (contract 2.5: LINK_TYPE 3). */
export function kitReadBackOf(record: StockRecord, builds: BuildsShown): KitReadBack {
	const components = record.links
		.filter((link) => link.type === 'pack')
		.map((link): Component => ({ stockCode: link.stockCode, quantity: decimal(link.value)?.toFixed() ?? '0' }));
	const shown = [...byKey(components).values()];
	return {
		exists: true,
		stockCode: record.stockCode,
		relation: shown.length === 0 ? 'none' : builds === 'never' ? 'pack' : 'unknown',
		components: shown,
	};
}

/** Khaos was asked, and does not hold the kit parent. */
export const absentKit = (stockCode: string): KitReadBack => ({
	exists: false,
	stockCode,
	relation: 'none',
	components: [],
});

/** How the components of a kit in Khaos differ from those it should have. */
export interface KitComparison {
	/** Not in Khaos's relation. */
	missing: Component[];
	/** In Khaos's relation only. */
	extra: Component[];
	wrongQuantity: Array<{ stockCode: string; expected: string; actual: string }>;
}

/**
 * What has to change for Khaos to hold a relation as desired. Codes are compared without regard to case, quantities as
 * numbers; whether it is a pack or a build is not looked at here.
 */
export function compareKit(desired: DesiredKit, readBack: KitReadBack): KitComparison {
	const wanted = byKey(desired.components);
	const held = byKey(readBack.components);
	const wrongQuantity = [...wanted].flatMap(([key, { stockCode, quantity }]) => {
		const found = held.get(key);
		if (!found || new Big(found.quantity).eq(quantity)) return [];
		return [{ stockCode, expected: new Big(quantity).toFixed(), actual: found.quantity }];
	});
	return {
		missing: [...wanted].flatMap(([key, component]) => (held.has(key) ? [] : [component])),
		extra: [...held].flatMap(([key, component]) => (wanted.has(key) ? [] : [component])),
		wrongQuantity,
	};
}

/** Whether nothing has to change. */
export const isEqualKit = ({ missing, extra, wrongQuantity }: KitComparison): boolean =>
	missing.length + extra.length + wrongQuantity.length === 0;

const fieldOf = (stockCode: string): string => `component ${stockCode}`;

/** The same as differences: a field for each component. */
export const kitDifferences = ({ missing, extra, wrongQuantity }: KitComparison): Difference[] => [
	...missing.map(({ stockCode, quantity }) => ({ field: fieldOf(stockCode), expected: quantity, actual: null })),
	...wrongQuantity.map(({ stockCode, expected, actual }) => ({ field: fieldOf(stockCode), expected, actual })),
	...extra.map(({ stockCode, quantity }) => ({ field: fieldOf(stockCode), expected: null, actual: quantity })),
];

/** What makes a relation one that can't be sent, whatever Khaos holds: every reason at once (contract 7, 9). */
export function kitProblems(kit: DesiredKit): Reason[] {
	const problems: Reason[] = [];
	const add = (field: string, value: string | null, reason: string, remedy: string) =>
		problems.push({ field, value, reason, remedy });
	const parentKey = keyOf(kit.stockCode);
	const inParent = invalidCode(kit.stockCode);
	if (inParent) add('kit parent', kit.stockCode, `The kit parent ${inParent.reason}`, inParent.remedy);
	const seen = new Set<string>();
	for (const { stockCode, quantity } of kit.components) {
		const key = keyOf(stockCode);
		const inCode = invalidCode(stockCode);
		if (inCode) add(fieldOf(stockCode), stockCode, `The component ${inCode.reason}`, inCode.remedy);
		if (key === parentKey) {
			add(fieldOf(stockCode), stockCode, `${stockCode} is its own component`, 'Take it out of its components.');
		} else if (seen.has(key)) {
			add(
				fieldOf(stockCode),
				stockCode,
				`${stockCode} is a component of ${kit.stockCode} more than once`,
				'Name it once, with the quantity of all.',
			);
		}
		seen.add(key);
		if (!QUANTITY.test(quantity) || !new Big(quantity).gt(0)) {
			add(
				fieldOf(stockCode),
				quantity,
				`The quantity of ${stockCode} is ${quantity}: Khaos takes decimals above nought with at most two places`,
				'Correct the quantity, such as 1 or 0.25.',
			);
		}
	}
	return problems;
}

/**
 * Relations among these that Khaos would refuse because of each other: nesting isn't supported, so no item may be a kit
 * parent and a component (contract 7). By the kit parent's key.
 */
export function nestedAmong(kits: DesiredKit[]): Map<string, Reason[]> {
	const parents = new Map(kits.filter((kit) => kit.components.length > 0).map((kit) => [keyOf(kit.stockCode), kit]));
	const problems = new Map<string, Reason[]>();
	const add = (kit: DesiredKit, reason: Reason) => {
		const key = keyOf(kit.stockCode);
		problems.set(key, [...(problems.get(key) ?? []), reason]);
	};
	for (const kit of kits) {
		for (const component of kit.components) {
			const inner = parents.get(keyOf(component.stockCode));
			if (!inner || inner === kit) continue;
			add(kit, nesting(kit.stockCode, component.stockCode));
			add(inner, {
				field: 'kit parent',
				value: inner.stockCode,
				reason: `${inner.stockCode} has components of its own and is a component of ${kit.stockCode}: Khaos doesn't take kits in kits`,
				remedy: NESTING_REMEDY,
			});
		}
	}
	return problems;
}

const NESTING_REMEDY = 'Name the components of the inner kit in the outer one, or make the inner one a plain product.';

/** A component that is a kit itself. */
export const nesting = (parent: string, component: string): Reason => ({
	field: fieldOf(component),
	value: component,
	reason: `${component} is a component of ${parent} and has components of its own: Khaos doesn't take kits in kits`,
	remedy: NESTING_REMEDY,
});
