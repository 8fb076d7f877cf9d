import { z } from 'zod';
import { startEmbeddedPostgres } from './embeddedPostgres';

/**
 * A PostgreSQL for the program that started this one, with an IPC channel: it is told the options once, answers with
 * `{url}` or `{problem}`, and ends PostgreSQL when the channel closes, however its owner ended.
 */
const optionsSchema = z.object({ folder: z.string(), port: z.number().optional(), password: z.string() });

process.once('message', (message) => {
	void startEmbeddedPostgres(optionsSchema.parse(message)).then(
		({ url, stop }) => {
			const end = (): void => void stop().then(() => process.exit(0));
			process.once('disconnect', end);
			if (process.connected) process.send?.({ url });
			else end();
		},
		(error: Error) => {
			process.send?.({ problem: error.message }, () => process.exit(1));
		},
	);
});
