import { confirmingTooSoon, ignoringNeeds, lettingOldExecutionsWrite } from '../../scripts/simulation/brokenLedgers';
import { simulate, type SimulationResult } from '../../scripts/simulation/simulate';
import { documentedTransitions } from '../../scripts/simulation/transitions';

const told = ({ seed, violations, stories }: SimulationResult): string =>
	[
		`Seed ${seed}: npm run simulate -- --seeds 1 --seed ${seed}`,
		JSON.stringify(violations, null, 1),
		...stories.values(),
	].join('\n\n');

describe('the whole sync, in virtual time', () => {
	const known = documentedTransitions();

	// Four tests, so that a failure is known before all seeds have run.
	test.each([1, 51, 101, 151])(
		'50 seeds from %d on: nothing is lost, nothing is out of order',
		async (first) => {
			for (let seed = first; seed < first + 50; seed += 1) {
				const result = await simulate({ seed });
				if (result.violations.length > 0) throw new Error(told(result));
				// docs/ledger.md names every way between two states.
				expect(result.transitions.filter((way) => !known.has(way))).toEqual([]);
			}
		},
		300_000,
	);

	test('a seed replays exactly', async () => {
		for (const seed of [7, 8]) {
			const once = await simulate({ seed });
			const again = await simulate({ seed });
			expect(again.hash).toBe(once.hash);
			expect(again.figures).toEqual(once.figures);
		}
		expect((await simulate({ seed: 9 })).hash).not.toBe((await simulate({ seed: 8 })).hash);
	});

	test.each([
		['forgets what a change needs', ignoringNeeds, 'order'],
		['takes an attempt for a confirmation', confirmingTooSoon, 'live'],
		['lets an execution write that was overtaken', lettingOldExecutionsWrite, 'stale'],
	])(
		'a ledger that %s is found out within 100 seeds',
		async (_, breakLedger, rule) => {
			const rules = new Set<string>();
			for (let seed = 1; seed <= 100 && !rules.has(rule); seed += 1) {
				for (const violation of (await simulate({ seed, breakLedger })).violations) rules.add(violation.rule);
			}
			expect([...rules]).toContain(rule);
		},
		300_000,
	);
});
