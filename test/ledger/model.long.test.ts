import fc from 'fast-check';

import { backends, freshStore, type Backend } from './story';
import { World } from './world';
import { madeByHand, type Step } from './worldSteps';

/** Which records each may wait for, so that nothing waits for itself. Nobody ever makes GHOST. */
const parentsOf: Record<string, Array<string | null>> = {
	A: [null, madeByHand],
	B: [null, 'A', 'GHOST'],
	C: [null, 'A', 'B', madeByHand],
	D: [null, 'B', 'C', 'C'],
};
const key = fc.constantFrom(...Object.keys(parentsOf));
const taker = fc.integer({ min: 0, max: 2 });

const some = <Do extends Step['do']>(
	name: Do,
	more: { [Member in Exclude<keyof Extract<Step, { do: Do }>, 'do'>]: fc.Arbitrary<Extract<Step, { do: Do }>[Member]> },
): fc.Arbitrary<Step> =>
	fc.record(more as Record<string, fc.Arbitrary<unknown>>).map((rest) => ({ ...rest, do: name }) as unknown as Step);

const step: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 6,
		arbitrary: key.chain((name) =>
			some('add', {
				key: fc.constant(name),
				age: fc.constantFrom('newer', 'newer', 'equal', 'older'),
				price: fc.integer({ min: 1, max: 2 }),
				words: fc.integer({ min: 1, max: 2 }),
				parent: fc.constantFrom(...parentsOf[name]!),
			}),
		),
	},
	{ weight: 1, arbitrary: some('reject', { key }) },
	{ weight: 1, arbitrary: some('allow', { everything: fc.boolean() }) },
	{ weight: 1, arbitrary: some('replay', { key }) },
	{ weight: 1, arbitrary: some('drop', { key }) },
	{
		weight: 5,
		arbitrary: some('take', {
			taker,
			limit: fc.integer({ min: 1, max: 4 }),
			lanes: fc.constantFrom([], [], [1], [2, 4]),
		}),
	},
	{ weight: 4, arbitrary: some('write', { taker }) },
	{
		weight: 5,
		arbitrary: some('settle', {
			taker,
			as: fc.constantFrom('confirmed', 'confirmed', 'different', 'unavailable', 'failed', 'sent'),
		}),
	},
	{ weight: 1, arbitrary: some('settleLate', { at: fc.nat(20) }) },
	{ weight: 1, arbitrary: some('readCodes', {}) },
	{ weight: 1, arbitrary: some('look', { key: fc.oneof(key, fc.constant(madeByHand)) }) },
	{ weight: 1, arbitrary: some('release', { taker }) },
	{ weight: 1, arbitrary: some('crash', { taker }) },
	{ weight: 1, arbitrary: some('restart', {}) },
	{ weight: 2, arbitrary: some('wait', { ms: fc.constantFrom(3_000, 60_000, 11 * 60_000) }) },
);

const bounds: Record<Backend, { numRuns: number; maxLength: number }> = {
	sqlite: { numRuns: 200, maxLength: 40 },
	postgres: { numRuns: 60, maxLength: 18 },
};

describe.each(backends)('%s', (backend) => {
	const shared = backend === 'postgres' ? freshStore(backend) : null;
	let scripts = 0;

	// fast-check prints the seed of a script that fails, cut down to the steps that matter.
	test('whatever happens in whatever order, nothing is lost, overtaken, sent too early or sent by two', async () => {
		const { numRuns, maxLength } = bounds[backend];
		await fc.assert(
			fc.asyncProperty(
				fc.boolean(),
				fc.array(step, { minLength: 5, maxLength, size: 'max' }),
				async (inKhaos, script) => {
					const { store, remove } = shared ?? freshStore(backend);
					const world = await World.open(store, `Script ${++scripts}`);
					try {
						if (inKhaos) await world.begin(Object.keys(parentsOf));
						for (const one of script) await world.play(one);
						await world.drain();
					} finally {
						await world.close();
						remove();
					}
				},
			),
			// The same scripts each time, so that a red run is about the change at hand; other seeds by hand.
			{ numRuns, seed: Number(process.env['SEED'] ?? 1) },
		);
	}, 180_000);
});
