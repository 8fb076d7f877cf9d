import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

import { simulate, type SimulationResult } from './simulation/simulate';
import { UsageError } from './usageError';

interface Asked {
	seeds: number;
	seed: number;
	processes: number;
}

const USAGE = `npm run simulate -- [OPTIONS]

The whole sync between both simulators in virtual time, all chance from one seed. Stops at the first seed with a violation, with
the story of each record that has one.

  --seeds N       how many seeds (default 100)
  --seed S        the first of them (default 1)
  --processes P   how many run side by side (default: as many as there are cores, 8 at most)

Exit code 0: no violation; 1: there was one; 2: it could not run.`;

/** Null: only the usage was asked for. @throws UsageError */
function readOptions(args: string[]): Asked | null {
	const wholeNumber = { type: 'string' } as const;
	const { values } = parseArgs({
		args,
		options: { seeds: wholeNumber, seed: wholeNumber, processes: wholeNumber, help: { type: 'boolean' } },
	});
	if (values.help === true) return null;
	const numberOf = (name: keyof Asked, otherwise: number): number => {
		const given = Number(values[name] ?? otherwise);
		if (Number.isInteger(given) && given >= 1) return given;
		throw new UsageError(`--${name} wants a whole number from 1; ${values[name]} was given.`);
	};
	return {
		seeds: numberOf('seeds', 100),
		seed: numberOf('seed', 1),
		processes: numberOf('processes', Math.min(8, availableParallelism())),
	};
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
	const asked = readOptions(process.argv.slice(2));
	if (asked === null) {
		console.log(USAGE);
		return;
	}
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
