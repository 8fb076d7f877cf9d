import { DatabaseSync } from 'node:sqlite';

import type { AddItem, AddOutcome } from '../../lib/ledger/intake/add';
import { openLedger, type Ledger, type LedgerStore } from '../../lib/ledger/ledger';
import { watchTransitions } from '../../scripts/simulation/transitions';
import type { BatchItem, Lane, ReadBack, Result } from '../../lib/shapes';
import { change, rejection, result } from './story';
import {
	check,
	checkTransitions,
	contentOf,
	madeByHand,
	shownOf,
	versionAt,
	type Accepted,
	type Step,
} from './worldSteps';

/**
 * A ledger, a Khaos, some takers, and the reference model: for each record the newest content that was accepted, who
 * holds it, and what Khaos was read to hold. Every step says what has to be true after it, and throws when it is not.
 */
export class World {
	private ledger!: Ledger;
	private now = Date.parse('2026-11-02T09:00:00.000Z');
	private readonly minutes = new Map<string, number>();
	private readonly accepted = new Map<string, Accepted>();
	private readonly failed = new Set<string>();
	/** Whether items that were never confirmed may be written. */
	private everythingAllowed = true;
	private readonly confirmed = new Set<string>();
	/** What we wrote, or said to have written, may count as ours. */
	private readonly maybeOurs = new Set<string>();
	/** What a person took out of the queue, or out of an execution's hands should that not confirm it. */
	private readonly dropped = new Map<string, Accepted>();
	private readonly leases = new Map<string, { token: string; until: number }>();
	private readonly knownInKhaos = new Set<string>();
	private readonly khaos = new Map<string, { content: string; version: string }>([
		[madeByHand, { content: 'by hand', version: '' }],
		// Pimberly has it as well, otherwise.
		['D', { content: '9.00 by hand', version: '' }],
	]);
	private readonly hands = new Map<number, BatchItem[]>();
	private readonly past: BatchItem[][] = [];
	private readonly statuses = new Map<string, string>();

	private constructor(
		private readonly store: LedgerStore,
		private readonly environment: string,
	) {}

	static async open(store: LedgerStore, environment: string): Promise<World> {
		const world = new World(store, environment);
		await world.connect();
		return world;
	}

	async close(): Promise<void> {
		await this.ledger.close();
	}

	private async connect(): Promise<void> {
		this.ledger = await openLedger({ store: this.store, environment: this.environment, clock: () => this.now });
		if (this.store.backend === 'sqlite') watchTransitions(this.store.file);
	}

	async play(step: Step): Promise<void> {
		switch (step.do) {
			case 'add':
				return await this.add(step);
			case 'reject':
				await this.ledger.add([
					rejection(step.key, 'itemName', {
						source: { primaryId: step.key, internalId: '', dateUpdated: this.versionOf(step.key, 'newer') },
					}),
				]);
				return;
			case 'allow':
				return await this.allow(step.everything);
			case 'replay':
				return await this.replay(step.key);
			case 'drop':
				return await this.drop(step.key);
			case 'take':
				return await this.take(step.taker, step.limit, step.lanes);
			case 'write':
				return await this.write(step.taker);
			case 'settle':
				return await this.settle(step.taker, step.as);
			case 'settleLate':
				return await this.settleLate(step.at);
			case 'readCodes':
				// Only what was written as desired is ever said to be sent; no code is desired, so all of it is equal.
				return await this.ledger.deliveryPort('https://erp.example').settleHarmonisation(new Map());
			case 'look':
				await this.ledger.deliveryPort('https://erp.example').observe(new Map([[step.key, this.readBack(step.key)]]));
				if (this.khaos.has(step.key)) this.knownInKhaos.add(step.key);
				return;
			case 'release':
				return await this.release(step.taker);
			case 'crash':
				this.forget(step.taker);
				return;
			case 'restart':
				return await this.restart();
			case 'wait':
				this.now += step.ms;
				return;
		}
	}

	private versionOf(key: string, age: 'older' | 'equal' | 'newer'): string {
		const minute = this.minutes.get(key) ?? 5;
		if (age === 'older') return versionAt(minute - 1);
		if (age === 'newer') this.minutes.set(key, minute + 1);
		return versionAt(age === 'newer' ? minute + 1 : minute);
	}

	private async add(step: Extract<Step, { do: 'add' }>): Promise<void> {
		const version = this.versionOf(step.key, step.age);
		const columns = { SELL_PRICE: `${step.price}.00`, SHORT_DESC: `Words ${step.words}` };
		const item: AddItem = change(step.key, {
			version,
			columns,
			...(step.parent === null ? {} : { parent: step.parent }),
		});
		const [outcome] = await this.ledger.add([item]);
		const before = this.accepted.get(step.key);
		if (before !== undefined && version < before.version) {
			check(outcome!.outcome === 'unchanged', `${step.key}: an older version was ${outcome!.outcome}`);
			return;
		}
		const content = `${columns.SELL_PRICE} ${columns.SHORT_DESC}`;
		this.checkDropped(step, content, outcome!);
		if (before?.content !== content || version > before.version) this.failed.delete(step.key);
		this.accepted.set(step.key, { version, content, parent: step.parent });
	}

	/** What was dropped comes back with other content, or waiting for another, and not because it comes again. */
	private checkDropped(step: Extract<Step, { do: 'add' }>, content: string, outcome: AddOutcome): void {
		const dropped = this.dropped.get(step.key);
		const says = outcome.outcome === 'unchanged' && outcome.reason.startsWith('Dropped');
		const same = dropped?.content === content && dropped.parent === step.parent;
		if (!same) this.dropped.delete(step.key);
		check(!says || same, `${step.key}: it counts as dropped and was not`);
		check(!same || outcome.outcome === 'unchanged', `${step.key}: it was dropped and is ${outcome.outcome}`);
	}

	private async allow(everything: boolean): Promise<void> {
		this.everythingAllowed = everything;
		const approval = everything ? { columns: 'all' as const, newItems: true } : { columns: [], newItems: false };
		await this.ledger.setFirstSync({ id: 'taker', label: 'Taker' }, approval);
	}

	private async replay(key: string): Promise<void> {
		const [outcome] = await this.ledger.replay({ names: [key], kinds: ['stockItem'] }, 'A person says so');
		if (outcome!.outcome !== 'replayed') return;
		this.dropped.delete(key);
		this.failed.delete(key);
	}

	private async drop(key: string): Promise<void> {
		const [outcome] = await this.ledger.drop({ names: [key], kinds: ['stockItem'] }, 'A person says so');
		const accepted = this.accepted.get(key);
		if (outcome!.outcome !== 'dropped' || accepted === undefined) return;
		this.dropped.set(key, accepted);
		this.failed.delete(key);
		if (outcome!.changes[0]!.state === 'leased') return;
		const held = await this.ledger.getMany({ states: ['held'], kinds: ['stockItem'], limit: 100 });
		const told = (await this.ledger.exceptions()).filter((one) => one.type === 'heldTooLong').map((one) => one.key);
		for (const change of held)
			check(
				!change.waitsFor.includes(key) || told.includes(change.key),
				`${change.key} waits for ${key}, which was dropped, and nobody says so`,
			);
	}

	private async take(taker: number, limit: number, lanes: Lane[]): Promise<void> {
		for (const [key, lease] of this.leases) if (lease.until <= this.now) this.leases.delete(key);
		this.forget(taker);
		const batch = await this.ledger.take({ target: 'khaos', limit, lanes });
		check(batch.length <= limit, `${batch.length} changes were taken, ${limit} asked for`);
		for (const item of batch) {
			check(!this.leases.has(item.key), `${item.key} was given to two takers`);
			if (this.confirmed.has(item.key))
				check(item.approval === undefined, `${item.key} was confirmed, and is to be approved`);
			else if (!this.everythingAllowed && item.purpose !== 'lookUp' && !this.maybeOurs.has(item.key))
				check(item.approval !== undefined, `${item.key} may be written, and nobody has approved it`);
			this.leases.set(item.key, { token: item.lease.token, until: Date.parse(item.lease.until) });
			if (item.purpose !== 'check')
				check(lanes.length === 0 || lanes.includes(item.lane), `${item.key} is in lane ${item.lane}`);
			// What is only read may be read whatever it needs.
			if (item.purpose === 'lookUp') continue;
			for (const need of item.purpose === 'check' ? [] : item.needs)
				check(this.knownInKhaos.has(need.key), `${item.key} was taken before ${need.key} was read back`);
			check(contentOf(item) === this.accepted.get(item.key)?.content, `${item.key} was taken with ${contentOf(item)}`);
		}
		this.hands.set(taker, batch);
	}

	/** Writes what is still the taker's, as delivery does: the ledger is asked right before. */
	private async write(taker: number): Promise<void> {
		const batch = (this.hands.get(taker) ?? []).filter(
			(item) => item.purpose === 'write' && item.approval === undefined,
		);
		if (batch.length === 0) return;
		const port = this.ledger.deliveryPort('https://erp.example');
		const ours = await port.beginWrite(batch.map((item) => ({ changeId: item.changeId, token: item.lease.token })));
		for (const item of batch) {
			const lease = this.leases.get(item.key);
			const holds = lease?.token === item.lease.token;
			check(holds || !ours.has(item.changeId), `${item.key} was written by a taker that no longer holds it`);
			if (holds) lease.until = this.now + this.ledger.settings.leaseMs;
			if (!ours.has(item.changeId)) continue;
			this.maybeOurs.add(item.key);
			const held = this.khaos.get(item.key);
			check(
				held === undefined || held.version <= item.version,
				`${item.key}: ${item.version} was written over ${held?.version}`,
			);
			check(
				contentOf(item) === this.accepted.get(item.key)!.content,
				`${item.key}: content was written that is no longer the newest`,
			);
			this.khaos.set(item.key, { content: contentOf(item), version: item.version });
		}
	}

	private async settle(taker: number, as: Extract<Step, { do: 'settle' }>['as']): Promise<void> {
		const batch = this.hands.get(taker) ?? [];
		if (batch.length === 0) return;
		const results = batch.map((item) => this.resultOf(item, as));
		const outcomes = await this.ledger.settle(results);
		for (const [index, item] of batch.entries()) {
			const holds = this.leases.get(item.key)?.token === item.lease.token;
			check(
				(outcomes[index]!.outcome !== 'overtaken') === holds,
				`${item.key}: ${outcomes[index]!.outcome}, and its lease ${holds ? 'holds' : 'is over'}`,
			);
			if (!holds) continue;
			this.leases.delete(item.key);
			if (results[index]!.readBack?.exists) this.knownInKhaos.add(item.key);
			if (outcomes[index]!.outcome === 'confirmed' && item.purpose !== 'lookUp') this.confirmed.add(item.key);
			if (outcomes[index]!.outcome === 'sent') this.maybeOurs.add(item.key);
			if (
				outcomes[index]!.outcome === 'confirmed' &&
				item.purpose !== 'lookUp' &&
				this.dropped.get(item.key)?.content === contentOf(item)
			)
				this.dropped.delete(item.key);
			if (outcomes[index]!.outcome === 'failed' && item.purpose !== 'lookUp') this.failed.add(item.key);
		}
		this.forget(taker);
	}

	private resultOf(item: BatchItem, as: Extract<Step, { do: 'settle' }>['as']): Result {
		const readBack = this.readBack(item.key);
		if (as === 'unavailable') return result(item, 'retry', { cause: 'unavailable', reason: 'Khaos does not answer.' });
		if (item.purpose === 'lookUp')
			return result(item, readBack.exists ? 'confirmed' : 'failed', {
				readBack,
				reason: readBack.exists ? '' : 'Not in Khaos.',
			});
		const equal = this.khaos.get(item.key)?.content === contentOf(item);
		if (as === 'failed')
			return result(item, 'failed', { cause: 'refused', reason: 'Khaos says no.', remedy: 'Mend it.' });
		if (as === 'different' && this.khaos.has(item.key) && this.leases.get(item.key)?.token === item.lease.token) {
			this.khaos.get(item.key)!.content = 'something else';
			return result(item, 'retry', { cause: 'different', readBack, reason: 'It reads back different.' });
		}
		if (!equal && item.approval !== undefined) {
			const field = readBack.exists ? 'SELL_PRICE' : 'STOCK_CODE';
			const firstSync = [
				{ field, owner: 'pimberly' as const, expected: item.key, actual: readBack.exists ? 'other' : null },
			];
			return result(item, 'held', { firstSync, readBack, reason: 'It differs.' });
		}
		if (!equal)
			return result(item, 'retry', {
				cause: 'different',
				reason: 'It reads back different.',
				...(readBack.exists || item.purpose === 'check' ? { readBack } : {}),
			});
		return as === 'sent'
			? result(item, 'sent', { awaiting: 'harmonisation', readBack })
			: result(item, 'confirmed', { readBack });
	}

	/** Results of a batch that is long settled, given back or lost: nothing may change. */
	private async settleLate(at: number): Promise<void> {
		const batch = this.past[at % Math.max(1, this.past.length)];
		if (batch === undefined) return;
		const late = batch.filter((item) => this.leases.get(item.key)?.token !== item.lease.token);
		const before = await this.look();
		const outcomes = await this.ledger.settle(late.map((item) => result(item, 'failed', { reason: 'Too late.' })));
		for (const { outcome } of outcomes) check(outcome === 'overtaken', `a late result was ${outcome}`);
		check((await this.look()) === before, 'a late result changed the ledger');
	}

	private async look(): Promise<string> {
		return JSON.stringify([await this.ledger.getMany({ limit: 1_000 }), await this.ledger.exceptions()]);
	}

	private async release(taker: number): Promise<void> {
		const [first] = this.hands.get(taker) ?? [];
		if (first === undefined) return;
		await this.ledger.release(first.lease.token, 'The execution failed');
		for (const [key, lease] of this.leases) if (lease.token === first.lease.token) this.leases.delete(key);
		this.forget(taker);
	}

	private forget(taker: number): void {
		const batch = this.hands.get(taker);
		if (batch !== undefined) this.past.push(batch);
		this.hands.delete(taker);
	}

	/** The process dies and another one opens the ledger. A SQLite ledger frees at once what the dead one held. */
	private async restart(): Promise<void> {
		for (const taker of [...this.hands.keys()]) this.forget(taker);
		await this.ledger.close();
		if (this.store.backend === 'sqlite') {
			const file = new DatabaseSync(this.store.file);
			file.exec(`UPDATE owner SET instance = 'the one before'`);
			file.close();
			for (const lease of this.leases.values()) lease.until = 0;
		}
		await this.connect();
	}

	private readBack(key: string): ReadBack {
		return shownOf(key, this.khaos.get(key));
	}

	/** A first sync that went well. */
	async begin(keys: string[]): Promise<void> {
		for (const key of keys) await this.add({ do: 'add', key, age: 'newer', price: 1, words: 1, parent: null });
		await this.take(0, 100, []);
		await this.write(0);
		await this.settle(0, 'confirmed');
	}

	/** Khaos and Pimberly work again: everything that can be sent is, and nothing is missing. */
	async drain(): Promise<void> {
		await this.allow(true);
		for (const taker of [...this.hands.keys()]) this.forget(taker);
		for (let quiet = 0; quiet < 3; ) {
			this.now += this.ledger.settings.leaseMs + 1;
			await this.ledger.housekeeping();
			await this.take(0, 100, []);
			const statuses = await this.ledger.take({ target: 'pimberly' });
			for (const item of statuses) this.statuses.set(item.key, (item.desired as { status: string }).status);
			await this.ledger.settle(statuses.map((item) => result(item, 'confirmed')));
			quiet = (this.hands.get(0)?.length ?? 0) === 0 && statuses.length === 0 ? quiet + 1 : 0;
			await this.write(0);
			await this.settle(0, 'confirmed');
		}
		await this.checkNothingIsMissing();
		checkTransitions(this.store);
	}

	private async checkNothingIsMissing(): Promise<void> {
		const open = await this.ledger.getMany({ kinds: ['stockItem'], limit: 1_000 });
		const exceptions = await this.ledger.exceptions();
		for (const [key, accepted] of this.accepted) {
			const change = open.find((one) => one.key === key);
			if (change === undefined) {
				const isDropped = this.dropped.get(key)?.content === accepted.content;
				check(
					isDropped || this.khaos.get(key)?.content === accepted.content,
					`${key}: Khaos holds ${this.khaos.get(key)?.content}, Pimberly says ${accepted.content}`,
				);
				check(this.statuses.get(key) !== undefined, `${key}: Pimberly was never told`);
				continue;
			}
			if (change.state === 'failed') {
				check(this.failed.has(key), `${key} counts as failed and nobody said so`);
				check(
					exceptions.some((one) => one.type === 'failedTransfer' && one.key === key),
					`${key} failed without an exception`,
				);
				continue;
			}
			check(change.state === 'held', `${key} is ${change.state} and nothing moves it`);
			check(
				accepted.parent !== null && !this.khaos.has(accepted.parent),
				`${key} is held and its parent ${accepted.parent} is in Khaos`,
			);
			check(
				change.waitsFor.includes(accepted.parent ?? ''),
				`${key} waits for ${change.waitsFor.join(', ')} and not for ${accepted.parent}`,
			);
		}
		for (const change of open)
			check(this.accepted.has(change.key), `${change.key} is ${change.state} and nobody sent it`);
	}
}
