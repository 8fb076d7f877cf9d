import { createServer } from 'node:http';
import { listen, readBody, type Served } from '../../simulators/serving';
import type { Chance } from '../simulation/chance';

/** What became of Pimberly's notifications. */
export interface RelayFigures {
	notifications: number;
	twice: number;
	late: number;
	/** Given up because too many were waiting, as a busy sender does; the poll has to find those products. */
	givenUp: number;
	/** Deliveries that n8n answered with yes. */
	delivered: number;
	/** Deliveries that found no n8n, or one that could not take them. */
	undelivered: number;
}

const SHARE_TWICE = 0.3;
const SHARE_LATE = 0.3;
const LATEST_MS = 45_000;
/** Every status that is written back is notified of as well; all of them at once would be all that n8n does. */
const AT_ONCE = 2;
const MOST_WAITING = 60;

/** Stands between Pimberly and the Pimberly Webhook Trigger, and brings notifications twice, late and out of order. */
export class Relay {
	readonly figures: RelayFigures = {
		notifications: 0,
		twice: 0,
		late: 0,
		givenUp: 0,
		delivered: 0,
		undelivered: 0,
	};

	private readonly underway = new Set<Promise<void>>();

	private sending = 0;

	private readonly turns: Array<() => void> = [];

	private hurry: () => void = () => undefined;

	private readonly hurried = new Promise<void>((resolve) => (this.hurry = resolve));

	private constructor(
		private readonly chance: Chance,
		private readonly target: { url: string; headers: Record<string, string> },
		private readonly served: () => Served,
	) {}

	static async start(chance: Chance, target: { url: string; headers: Record<string, string> }): Promise<Relay> {
		let served: Served | null = null;
		const relay = new Relay(chance, target, () => served!);
		const server = createServer((request, response) => {
			void readBody(request, 1_000_000).then(
				(body) => {
					// Pimberly has its answer; what becomes of the notification is up to chance.
					response.writeHead(200).end();
					relay.pass(body.toString('utf8'));
				},
				() => response.destroy(),
			);
		});
		served = await listen(server, 0);
		return relay;
	}

	/** Where Pimberly sends its notifications. */
	get url(): string {
		return this.served().origin;
	}

	private pass(body: string): void {
		const { chance, figures } = this;
		figures.notifications += 1;
		if (this.underway.size >= MOST_WAITING) {
			figures.givenUp += 1;
			return;
		}
		const late = chance.happens(SHARE_LATE);
		const twice = chance.happens(SHARE_TWICE);
		if (late) figures.late += 1;
		if (twice) figures.twice += 1;
		this.deliver(body, late ? chance.whole(2_000, LATEST_MS) : 0);
		if (twice) this.deliver(body, chance.whole(0, late ? LATEST_MS : 5_000));
	}

	private deliver(body: string, afterMs: number): void {
		const delivery = this.send(body, afterMs).finally(() => this.underway.delete(delivery));
		this.underway.add(delivery);
	}

	private async send(body: string, afterMs: number): Promise<void> {
		if (afterMs > 0) await Promise.race([new Promise((resolve) => setTimeout(resolve, afterMs).unref()), this.hurried]);
		if (this.sending === AT_ONCE) await new Promise<void>((resolve) => this.turns.push(resolve));
		else this.sending += 1;
		await this.post(body);
		const next = this.turns.shift();
		if (next) next();
		else this.sending -= 1;
	}

	private async post(body: string): Promise<void> {
		const headers = { 'content-type': 'application/json', ...this.target.headers };
		const answered = await fetch(this.target.url, {
			method: 'POST',
			headers,
			body,
			signal: AbortSignal.timeout(60_000),
		}).then(
			({ ok }) => ok,
			() => false,
		);
		if (answered) this.figures.delivered += 1;
		else this.figures.undelivered += 1;
	}

	/** Brings what is waiting now; what comes meanwhile is brought as ever, but no longer late. */
	async settle(): Promise<void> {
		this.hurry();
		await Promise.all(this.underway);
	}

	async stop(): Promise<void> {
		this.hurry();
		await this.served().stop();
	}
}
