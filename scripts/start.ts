import { Cleanup } from './cleanup';
import { showProgress } from './progress';
import { failedReport, summary, writeReport, type Report } from './report';
import { stopCommands } from './runCommand';
import { readStartOptions, reportFileOf, USAGE, UsageError, type StartOptions } from './startOptions';
import { SyncRun } from './syncRun';
import { whereToWatch } from './watching';

// `npm start`: the whole sync in a real n8n, for a person to watch (until Ctrl-C) or with --once for a machine.

const EXIT = { equal: 0, lookAtIt: 1, couldNotRun: 2 } as const;

/** Ctrl-C, a closed terminal, or the program that started us is gone. */
function stopAsked(): Promise<never> {
	return new Promise((_, reject) => {
		const stop = (): void => reject(new Interrupted('stopped'));
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
		process.once('disconnect', stop);
		process.channel?.unref();
	});
}

class Interrupted extends Error {}

async function main(): Promise<number> {
	const options = readStartOptions(process.argv.slice(2));
	if (options === null) {
		console.log(USAGE);
		return EXIT.equal;
	}
	const progress = showProgress();
	const stopped = stopAsked();
	stopped.catch(() => {});
	const cleanup = new Cleanup();
	// Written once, either way.
	const report = async (content: Report): Promise<void> => {
		if (options.report) await writeReport(options.report, content);
	};
	try {
		const run = await Promise.race([SyncRun.prepare(options, progress, cleanup), stopped]);
		const outcome = await Promise.race([firstSync(run), stopped]);
		await report(outcome.report);
		console.log(summary(outcome.report, outcome.verdict));
		if (options.once) return outcome.complete ? EXIT.equal : EXIT.lookAtIt;
		console.log(whereToLook(run, options));
		return await Promise.race([untilN8nEnds(run), stopped]);
	} catch (error) {
		const interrupted = error instanceof Interrupted;
		const reason = interrupted ? 'It was stopped.' : error instanceof Error ? error.message : String(error);
		progress.done(interrupted ? 'stopped' : 'failed');
		if (!interrupted || options.once) {
			console.error(`The demo could not run. ${reason}`);
			await report(failedReport(reason));
			return EXIT.couldNotRun;
		}
		return EXIT.equal;
	} finally {
		stopCommands();
		progress.step('Stopping');
		await cleanup.run();
		progress.done(options.keep ? `stopped; everything is kept in ${options.keep}` : 'stopped');
	}
}

async function firstSync(run: SyncRun) {
	await run.activate();
	return await run.conclude(await run.untilSettled());
}

async function untilN8nEnds(run: SyncRun): Promise<number> {
	const how = await run.demo.whenEnded();
	console.error(`n8n ended by itself (${how}). The end of its log:\n${run.demo.logTail()}`);
	return EXIT.couldNotRun;
}

function whereToLook(run: SyncRun, options: StartOptions): string {
	const { demo, simulators, data } = run;
	const { email, password } = data.settings.owner;
	return [
		'',
		`  Editor            ${demo.url}/workflow/${demo.workflow.id}`,
		`                    sign in as ${email} with the password ${password}`,
		...whereToWatch(demo.url, data.settings.dashboardPassword!),
		`  Executions        ${demo.url}/workflow/${demo.workflow.id}/executions`,
		...(simulators
			? [
					`  Simulators        ${simulators.controlUrl}/state (what both sides hold), ${simulators.controlUrl}/log (every call)`,
					`  Pimberly          ${simulators.pimberlyUrl}`,
					`  Khaos Control     ${simulators.khaosUrl}`,
				]
			: []),
		...(run.stores.ledger.backend === 'postgres' ? [`  Ledger            ${run.stores.ledgerPlace}`] : []),
		`  n8n's log         ${data.n8nLog}`,
		...(options.keep ? [`  Kept in           ${options.keep}`] : []),
		'',
		'The sync goes on: change a product in Pimberly and it follows within a minute or so. Ctrl-C stops everything.',
	].join('\n');
}

main().then(
	// Nothing of a run may keep the process alive after its end.
	(code) => process.exit(code),
	async (error: unknown) => {
		const reason = error instanceof Error ? error.message : String(error);
		console.error(reason);
		const file = error instanceof UsageError ? reportFileOf(process.argv.slice(2)) : null;
		if (file) await writeReport(file, failedReport(reason)).catch(() => {});
		process.exit(EXIT.couldNotRun);
	},
);
