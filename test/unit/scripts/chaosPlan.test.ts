import { readChaosOptions } from '../../../scripts/chaos/options';
import { planOf, type Blow } from '../../../scripts/chaos/plan';
import { UsageError } from '../../../scripts/usageError';

const count = (plan: Blow[], kind: Blow['kind']): number => plan.filter((blow) => blow.kind === kind).length;

describe('what happens in a chaos run', () => {
	const options = { seed: 7, kills: 50, workers: 2, ledger: 'postgres' as const };

	test('comes from the seed alone', () => {
		expect(planOf(options)).toEqual(planOf({ ...options }));
		expect(planOf({ ...options, seed: 8 })).not.toEqual(planOf(options));
	});

	test('has as many kills as were asked for, of the main process and of every worker', () => {
		const plan = planOf(options);
		expect(count(plan, 'kill')).toBe(50);
		const killed = new Set(plan.flatMap((blow) => (blow.kind === 'kill' ? [blow.process] : [])));
		expect([...killed].sort()).toEqual([1, 2, 'main']);
	});

	test('has some of every kind that the ledger can suffer, however few kills there are', () => {
		const postgres = planOf({ ...options, kills: 1 });
		for (const kind of ['dropAfterWrite', 'skewClock', 'restartPostgres'] as const)
			expect(count(postgres, kind)).toBeGreaterThanOrEqual(2);
		expect(count(postgres, 'fullLedger')).toBe(0);

		const sqlite = planOf({ seed: 1, kills: 1, workers: 0, ledger: 'sqlite' });
		expect(count(sqlite, 'fullLedger')).toBeGreaterThanOrEqual(2);
		expect(count(sqlite, 'restartPostgres')).toBe(0);
	});
});

describe('the command line of npm run chaos', () => {
	test('without flags: fifty kills of one n8n on SQLite', () => {
		expect(readChaosOptions([])).toEqual({
			kills: 50,
			seed: 1,
			products: 2_000,
			queueMode: null,
			ledger: 'sqlite',
			keep: null,
		});
	});

	test('queue mode brings PostgreSQL along', () => {
		expect(readChaosOptions(['--queue-mode', '2', '--kills', '5'])).toMatchObject({
			queueMode: 2,
			ledger: 'postgres',
			kills: 5,
		});
	});

	test.each([
		[['--kills', 'many'], /--kills wants a whole number/],
		[['--ledger', 'postgres://db'], /uses one of its own/],
		[['--ledger', 'sqlite', '--queue-mode', '2'], /exclude each other/],
		[['--fast'], /--fast/],
		[['--keep', '.'], /not there yet/],
	])('%j is refused with what to do', (args, words) => {
		expect(() => readChaosOptions(args)).toThrow(UsageError);
		expect(() => readChaosOptions(args)).toThrow(words);
	});
});
