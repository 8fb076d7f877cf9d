import { existsSync } from 'node:fs';
import { openLedger, type Ledger, type LedgerStore } from '../lib/ledger/ledger';
import type { LedgerStats, ListedChange } from '../lib/ledger/watch/stats';
import type { ReportedException } from './report';
import type { SyncState } from './untilSettled';

/** More than any catalogue that one report is for. */
const ALL = 1_000_000;
const A_MINUTE_MS = 60_000;
const KINDS = ['stockItem', 'kit', 'price', 'status'];

/** A price-list row's key begins with the code of its item, and goes on with the list. */
const stockCodeOf = ({ key }: ListedChange): string => key.split(' | ')[0] ?? key;
const fieldOf = ({ kind, key }: ListedChange): string =>
	kind === 'kit' ? 'components' : kind === 'price' ? (key.split(' | ').at(-2) ?? '') : '';

/** The demo's ledger as somebody beside n8n sees it; nothing is ever written to it. */
export class LedgerView {
	private ledger: Ledger | null = null;

	constructor(
		private readonly store: LedgerStore,
		private readonly environment: string,
		/** When this run started, in milliseconds since 1970 by the ledger's clock. */
		private readonly since: number,
		/** The ledger's clock. */
		private readonly now: () => number = Date.now,
	) {}

	/** Null while there is no ledger yet: the first node that needs it makes it. */
	async stats(): Promise<LedgerStats | null> {
		const ledger = await this.open();
		return ledger ? await ledger.stats(this.now() - this.since) : null;
	}

	async state(): Promise<SyncState | null> {
		const stats = await this.stats();
		return stats && syncState(stats, this.since, this.now());
	}

	/** How many calls to Khaos went through the ledger's gate since it was made. */
	async calls(): Promise<number> {
		const ledger = await this.open();
		return ledger ? await ledger.callsLetIn() : 0;
	}

	/** What a person has to look at: the ledger's open exceptions, and what is held without being one yet. */
	async exceptions(): Promise<ReportedException[]> {
		const ledger = await this.open();
		if (!ledger) return [];
		const open = (await ledger.exceptions()).map(
			(one): ReportedException => ({
				type: one.type,
				severity: one.severity,
				owner: one.owner,
				product: one.primaryId,
				stockCode: one.key,
				field: one.field,
				value: one.value,
				reason: one.reason,
				remedy: one.remedy,
			}),
		);
		const waiting = await ledger.getMany({
			states: ['held', 'retrying', 'failed'],
			kinds: ['stockItem', 'kit', 'price'],
			limit: ALL,
		});
		const known = new Set(open.map((one) => one.product));
		// One a product; what its stock item waits for explains the rest.
		const first = new Map<string, ListedChange>();
		for (const change of [...waiting].sort((one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind))) {
			if (!known.has(change.primaryId) && !first.has(change.primaryId)) first.set(change.primaryId, change);
		}
		return [
			...open,
			...[...first.values()].map(
				(change): ReportedException => ({
					type: change.state,
					severity: change.state === 'failed' ? 'high' : 'medium',
					owner: change.state === 'held' ? 'ecommerce' : 'operations',
					product: change.primaryId,
					stockCode: stockCodeOf(change),
					field: fieldOf(change),
					value: null,
					reason: change.state === 'held' ? `Held. ${change.waitingReason}`.trim() : change.reason,
					remedy: change.remedy,
				}),
			),
		];
	}

	/** Products whose kit relation or price was handed over and is not seen in Khaos yet; as `kind primaryId`. */
	async sent(): Promise<Set<string>> {
		const ledger = await this.open();
		const sent = (await ledger?.getMany({ states: ['sent'], kinds: ['kit', 'price'], limit: ALL })) ?? [];
		return new Set(sent.map(({ kind, primaryId }) => `${kind} ${primaryId}`));
	}

	async close(): Promise<void> {
		await this.ledger?.close();
		this.ledger = null;
	}

	private async open(): Promise<Ledger | null> {
		const { store } = this;
		if (this.ledger || (store.backend === 'sqlite' && !existsSync(store.file))) return this.ledger;
		// Not there yet or half made, perhaps: its tables and the environment come a moment later.
		this.ledger = await openLedger({
			environment: this.environment,
			store,
			readOnly: true,
		}).catch(() => null);
		return this.ledger;
	}
}

/** The ledger's figures as far as the end of a run depends on them. */
function syncState(stats: LedgerStats, since: number, now: number): SyncState {
	const both = (state: keyof LedgerStats['khaos']): number => stats.khaos[state] + stats.pimberly[state];
	const dueSoon = Object.values(stats.nextDue).filter(
		(due) => due !== null && Date.parse(due) <= now + A_MINUTE_MS,
	).length;
	const { complete, unrecorded, lastStepAt } = stats.intake;
	return {
		// A newer version of what is leased right now waits for its turn as `next`.
		queued: both('queued') + both('next'),
		held: both('held'),
		leased: both('leased'),
		retrying: both('retrying'),
		sent: both('sent'),
		failed: both('failed'),
		dueWithinAMinute: dueSoon,
		confirmed: stats.confirmed,
		parts: stats.confirmedParts.kit + stats.confirmedParts.price,
		rejected: stats.rejected,
		intakeComplete: complete && lastStepAt !== null && Date.parse(lastStepAt) >= since,
		unrecorded,
	};
}
