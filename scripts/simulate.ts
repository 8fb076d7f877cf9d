import { simulate, type SimulationResult } from './simulation/simulate';

/**
 * `npm run simulate -- --seeds N [--seed S]`: N simulations of the whole sync, one after another, from seed S on (1 when
 * left out). Stops at the first violation, with the seed and the story of each record that has one.
 */
function numbersOf(args: string[]): { seeds: number; seed: number } {
	const given = { seeds: 100, seed: 1 };
	for (let at = 0; at < args.length; at += 2) {
		const name = args[at]?.replace(/^--/, '');
		const value = Number(args[at + 1]);
		if ((name !== 'seeds' && name !== 'seed') || !Number.isInteger(value) || value < 1) {
			throw new Error(
				`Use --seeds N and --seed S with whole numbers from 1; ${args[at]} ${args[at + 1] ?? ''} was given.`,
			);
		}
		given[name] = value;
	}
	return given;
}

function tellStory({ seed, violations, stories }: SimulationResult): void {
	console.log(
		`\nSeed ${seed}: ${violations.length} violations. The same again: npm run simulate -- --seeds 1 --seed ${seed}`,
	);
	for (const { rule, record, what } of violations) console.log(`  ${rule} ${record}: ${what}`);
	for (const [record, story] of [...stories].slice(0, 3)) console.log(`\nThe story of ${record}:\n${story}`);
}

async function main(): Promise<void> {
	const { seeds, seed: first } = numbersOf(process.argv.slice(2));
	const started = Date.now();
	const totals: Record<string, number> = {};
	let failed = 0;
	for (let seed = first; seed < first + seeds && failed === 0; seed += 1) {
		const result = await simulate({ seed });
		totals.seeds = (totals.seeds ?? 0) + 1;
		for (const [name, figure] of Object.entries(result.figures)) totals[name] = (totals[name] ?? 0) + figure;
		if (result.violations.length > 0) {
			failed += 1;
			tellStory(result);
		}
		if (seed % 100 === 0) console.error(`seed ${seed}, ${Math.round((Date.now() - started) / 1000)} s`);
	}
	console.log(JSON.stringify({ ...totals, violations: failed, seconds: (Date.now() - started) / 1000 }));
	process.exitCode = failed === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 2;
});
