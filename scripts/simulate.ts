import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';

import { simulate, type SimulationResult } from './simulation/simulate';

/**
 * `npm run simulate -- --seeds N [--seed S] [--processes P]`: N simulations of the whole sync from seed S on (1 when left
 * out), in as many processes as there are cores. Stops at the first seed with a violation, with the story of each record that
 * has one.
 */
interface Asked {
	seeds: number;
	seed: number;
	processes: number;
}

function numbersOf(args: string[]): Asked {
	const given: Asked = { seeds: 100, seed: 1, processes: Math.min(8, availableParallelism()) };
	for (let at = 0; at < args.length; at += 2) {
		const name = args[at]?.replace(/^--/, '');
		const value = Number(args[at + 1]);
		if (name === undefined || !(name in given) || !Number.isInteger(value) || value < 1) {
			throw new Error(
				`Use --seeds N, --seed S and --processes P with whole numbers from 1; ${args[at]} ${args[at + 1] ?? ''} was given.`,
			);
		}
		given[name as keyof Asked] = value;
	}
	return given;
}

/** What a process of its own says of a seed. Stories travel as a list: a map would not arrive. */
type Told = Pick<SimulationResult, 'seed' | 'violations' | 'figures'> & { stories: Array<[string, string]> };

/** In a process of its own: a seed comes, what became of it goes back. */
function simulateWhatIsAsked(): void {
	process.on('message', (seed: number) => {
		void simulate({ seed }).then(
			({ violations, figures, stories }) =>
				process.send?.({ seed, violations, figures, stories: [...stories] } satisfies Told),
			(error: unknown) => {
				console.error(`Seed ${seed}:`, error);
				process.exit(2);
			},
		);
	});
}

const IN_ITS_OWN = 'SIMULATE_IN_A_PROCESS_OF_ITS_OWN';

function tellStory({ seed, violations, stories }: Told): void {
	console.log(
		`\nSeed ${seed}: ${violations.length} violations. The same again: npm run simulate -- --seeds 1 --seed ${seed}`,
	);
	for (const { rule, record, what } of violations) console.log(`  ${rule} ${record}: ${what}`);
	for (const [record, story] of stories.slice(0, 3)) console.log(`\nThe story of ${record}:\n${story}`);
}

/** Hand the seeds out; no more once one has failed. Returns what became of each, in no order. */
async function simulateAll({ seeds, seed: first, processes }: Asked): Promise<Told[]> {
	const started = Date.now();
	const told: Told[] = [];
	let next = first;
	let failed = false;
	const workOff = async (child: ChildProcess): Promise<void> => {
		while (next < first + seeds && !failed) {
			const seed = next++;
			const result = await new Promise<Told>((resolve, reject) => {
				const gone = (code: number | null): void =>
					reject(new Error(`The process of seed ${seed} ended with ${String(code)}.`));
				child.once('exit', gone);
				child.once('message', (message) => {
					child.removeListener('exit', gone);
					resolve(message as Told);
				});
				child.send(seed);
			});
			told.push(result);
			failed ||= result.violations.length > 0;
			if (told.length % 100 === 0)
				console.error(`${told.length} seeds, ${Math.round((Date.now() - started) / 1000)} s`);
		}
	};
	const children = Array.from({ length: Math.min(processes, seeds) }, () =>
		fork(__filename, { execArgv: process.execArgv, env: { ...process.env, [IN_ITS_OWN]: '1' } }),
	);
	try {
		await Promise.all(children.map(workOff));
	} finally {
		for (const child of children) child.kill();
	}
	return told;
}

async function main(): Promise<void> {
	const asked = numbersOf(process.argv.slice(2));
	const started = Date.now();
	const all = (await simulateAll(asked)).sort((one, other) => one.seed - other.seed);
	const failed = all.filter(({ violations }) => violations.length > 0);
	if (failed[0]) tellStory(failed[0]);
	const totals: Record<string, number> = { seeds: all.length };
	for (const { figures } of all) {
		for (const [name, figure] of Object.entries(figures)) totals[name] = (totals[name] ?? 0) + figure;
	}
	console.log(JSON.stringify({ ...totals, violations: failed.length, seconds: (Date.now() - started) / 1000 }));
	process.exitCode = failed.length === 0 ? 0 : 1;
}

if (process.env[IN_ITS_OWN] === '1') simulateWhatIsAsked();
else {
	main().catch((error: unknown) => {
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 2;
	});
}
