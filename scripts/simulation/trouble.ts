import { FAULT_KINDS, type FaultRule, type Faults } from '../../simulators/faults';
import type { Chance } from './chance';

const METHODS = {
	khaos: [undefined, undefined, 'ImportStockTSV', 'ExportStock', 'GetStockList', 'GetHarmonisationCodes'],
	pimberly: [undefined, undefined, 'GET', 'PUT', 'parents', 'items'],
} as const;

/** A mood of both systems: which calls go wrong from now on, and how. Several in a row make a bad day. */
export function brewTrouble(faults: Faults, chance: Chance): void {
	faults.clear();
	// Most troubles mix; now and then one system is down altogether.
	const rules: FaultRule[] = [];
	const count = chance.whole(0, 4);
	for (let at = 0; at < count; at += 1) {
		const side = chance.happens(0.65) ? 'khaos' : 'pimberly';
		const kind = chance.pick(FAULT_KINDS);
		const method = chance.pick(METHODS[side]);
		const down = chance.happens(0.1);
		rules.push({
			side,
			kind,
			...(method === undefined ? {} : { method }),
			...(down ? { times: chance.whole(3, 30) } : { every: chance.whole(2, 9) }),
			...(kind === '429' || kind === '503' ? { retryAfter: chance.whole(0, 20) } : {}),
			...(kind === 'timeout' ? { hangMs: chance.whole(5_000, 200_000), apply: chance.happens(0.5) } : {}),
		});
	}
	faults.add(rules);
}
