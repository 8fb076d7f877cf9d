import { createServer } from 'node:net';

/**
 * Ports of the loopback address that are free right now, each another one.
 *
 * @param wanted ports to take if they are free, in their places
 */
export async function freePorts(count: number, wanted: Array<number | undefined> = []): Promise<number[]> {
	const ports: number[] = [];
	for (let index = 0; index < count; index += 1) {
		const preferred = wanted[index];
		let port = preferred !== undefined && !ports.includes(preferred) ? await listen(preferred) : null;
		while (port === null || ports.includes(port)) port = await listen(0);
		ports.push(port);
	}
	return ports;
}

/** Listens for a moment; resolves with the port, or null when it is taken. */
function listen(port: number): Promise<number | null> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(null));
		server.listen(port, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : null));
		});
	});
}
