import { chaos, type ChaosResult } from './chaos/chaos';
import { CHAOS_USAGE, readChaosOptions } from './chaos/options';
import { planOf } from './chaos/plan';
import { Cleanup } from './cleanup';
import { showProgress } from './progress';
import { stopCommands } from './runCommand';

/**
 * `npm run chaos -- --kills 50 --seed S`: the sync in a real n8n that is killed again and again. Prints the plan and the
 * figures as JSON lines, then a sentence; what was violated with the story of its record.
 */

const EXIT = { nothingLost: 0, violated: 1, couldNotRun: 2 } as const;

async function main(): Promise<number> {
	const options = readChaosOptions(process.argv.slice(2));
	if (options === null) {
		console.log(CHAOS_USAGE);
		return EXIT.nothingLost;
	}
	console.log(JSON.stringify({ plan: planOf({ ...options, workers: options.queueMode ?? 0 }) }));
	const cleanup = new Cleanup();
	const stopped = new Promise<never>((_, reject) => {
		const stop = (): void => reject(new Error('it was stopped'));
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
		process.once('disconnect', stop);
		process.channel?.unref();
	});
	try {
		const result = await Promise.race([chaos(options, showProgress(), cleanup), stopped]);
		tell(result);
		return result.violations.length === 0 ? EXIT.nothingLost : EXIT.violated;
	} finally {
		stopCommands();
		await cleanup.run();
	}
}

function tell({ figures, violations, stories }: ChaosResult): void {
	for (const violation of violations) console.log(JSON.stringify({ violation }));
	for (const [record, story] of stories) console.log(`\nThe story of ${record}:\n${story}\n`);
	console.log(JSON.stringify(figures));
	const { kills, products, lost, reordered, staleOverwrites, unaccounted, otherViolations } = figures;
	console.log(
		`${products} products through ${kills} kills: ${lost} lost, ${reordered} reordered, ${staleOverwrites} stale overwrites, ${unaccounted} changes unaccounted for${otherViolations > 0 ? `, ${otherViolations} other violations` : ''}.`,
	);
}

main().then(
	// Nothing of a run may keep the process alive after its end.
	(code) => process.exit(code),
	(error: unknown) => {
		console.error(`The chaos run could not run: ${error instanceof Error ? error.message : String(error)}`);
		process.exit(EXIT.couldNotRun);
	},
);
