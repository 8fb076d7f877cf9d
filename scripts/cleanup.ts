/** What has to be undone at the end, the latest first; once, whoever asks and however often. */
export class Cleanup {
	private readonly tasks: Array<() => Promise<void>> = [];
	private running: Promise<void> = Promise.resolve();

	add(task: () => Promise<void>): void {
		this.tasks.push(task);
	}

	/** Does all that is left to do. A task that fails does not keep the others from being done. */
	async run(): Promise<void> {
		this.running = this.running.then(async () => {
			for (let task = this.tasks.pop(); task; task = this.tasks.pop()) {
				await task().catch((error: unknown) => console.error(error instanceof Error ? error.message : error));
			}
		});
		await this.running;
	}
}
