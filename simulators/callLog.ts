/** One call that reached a simulator. */
export interface LoggedCall {
	/** From 1, in the order in which the calls had arrived whole. */
	seq: number;
	/** When it had arrived, ISO 8601 UTC. */
	t: string;
	side: Side;
	/** The SOAP method, or the Pimberly route (`PUT /products/{id}`). */
	method: string;
	/** Stock codes (ImportStockTSV, Export*) or primary ids that the call names. */
	codes?: string[];
	/** Rows that were sent (ImportStockTSV) or answered. */
	rows?: number;
	/** HTTP status; 0 where the connection was dropped without one, or the answer is still due. */
	status: number;
	/**
	 * `ok`; `partial` (some rows refused); `refused` (the call broke a rule); `notFound` (no such product, or no rows);
	 * else the kind of the injected fault. `open` while it is being worked on.
	 */
	outcome: string;
	/** From its arrival to the end of the answer. */
	ms: number;
	/** Milliseconds that a Khaos call waited for the one before it. */
	waitedMs?: number;
	/** Whether the call changed anything. */
	applied?: boolean;
	/** ImportStockTSV: rows that were refused, with the reason. */
	refused?: Array<{ code: string; reason: string }>;
	/** Pimberly writes: the values that were written, by API name. */
	attributes?: Record<string, unknown>;
	/** Pimberly: filters and cursor of a list. */
	query?: Record<string, string>;
	/** Parts of a call that no public client shows. */
	notes?: string[];
}
export type Side = 'pimberly' | 'khaos';

/** Every call to the simulators, oldest first. */
export class CallLog {
	private calls: LoggedCall[] = [];

	private nextSeq = 1;

	constructor(private readonly now: () => number) {}

	/** Note a call that has arrived; its entry is completed by `close`. */
	open(side: Side, method: string): LoggedCall {
		const call: LoggedCall = {
			seq: this.nextSeq++,
			t: new Date(this.now()).toISOString(),
			side,
			method,
			status: 0,
			outcome: 'open',
			ms: 0,
		};
		this.calls.push(call);
		return call;
	}

	close(call: LoggedCall, status: number, outcome: string): void {
		call.status = status;
		call.outcome = outcome;
		call.ms = Math.max(0, Math.round(this.now() - Date.parse(call.t)));
	}

	/** The calls after `sinceSeq`, in order. */
	entries(sinceSeq = 0): LoggedCall[] {
		return sinceSeq ? this.calls.filter(({ seq }) => seq > sinceSeq) : this.calls;
	}

	reset(): void {
		this.calls = [];
		this.nextSeq = 1;
	}
}
