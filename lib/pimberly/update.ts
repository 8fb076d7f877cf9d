import type { BatchItem, Result } from '../shapes';
import type { PimberlyClient } from './client';
import { isVersioned } from './connection';
import { PimberlyError } from './pimberlyError';

/** `attribute`: one PUT an attribute, as seen on /api/v2.2. `product`: one PUT for all, as seen on /core (pimberly-api 6). */
export type WriteStyle = 'auto' | 'attribute' | 'product';

/** By attribute API name. Null and '' clear an attribute; a list goes as a list. */
export type AttributeValues = Record<string, unknown>;

/** The change was given to another execution, or newer content waits to be written instead: it must not be written. */
export class NotOurs extends Error {
	override readonly name = 'NotOurs';
}

/** Values travel as text, which Pimberly casts by attribute type, also for numbers, dates and yes or no (pimberly-api 6.1). */
function toSent(value: unknown): string | string[] {
	if (value === null || value === undefined) return '';
	if (Array.isArray(value)) return value.map((entry: unknown) => String(toSent(entry)));
	return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/**
 * Writes attributes of one product with the feed token. Safe to repeat.
 * @param options.mayWrite asked right before each call that writes; when it says no, nothing more is written
 * @throws PimberlyError that names product and attribute; NotOurs
 */
export async function updateProduct(
	client: PimberlyClient,
	primaryId: string,
	values: AttributeValues,
	options: { style: WriteStyle; mustExist: boolean; mayWrite?: () => Promise<boolean> },
): Promise<void> {
	const names = Object.keys(values);
	if (names.length === 0) {
		throw new PimberlyError(
			'settings',
			`Product ${primaryId}: there is nothing to write.`,
			'Add at least one attribute to Attributes.',
		);
	}
	if (options.mustExist && (await client.product(primaryId)) === null) {
		throw new PimberlyError('notFound', `Product ${primaryId} does not exist in Pimberly.`, 'Check the primary id.', {
			status: 404,
		});
	}
	const { mayWrite } = options;
	const before =
		mayWrite &&
		(async () => {
			if (!(await askLedger(primaryId, mayWrite)))
				throw new NotOurs(
					`The status of product ${primaryId} was given to another execution, or there is a newer one.`,
				);
		});
	const byAttribute = options.style === 'attribute' || (options.style === 'auto' && isVersioned(client.connection));
	if (!byAttribute) {
		const sent = Object.fromEntries(names.map((name) => [name, toSent(values[name])]));
		await client.put(primaryId, [], sent, `Product ${primaryId}: writing ${names.join(', ')}`, before);
		return;
	}
	for (const name of names) {
		await client.put(
			primaryId,
			['attributes', name],
			toSent(values[name]),
			`Product ${primaryId}: writing ${name}`,
			before,
		);
	}
}

const askLedger = async (primaryId: string, mayWrite: () => Promise<boolean>): Promise<boolean> =>
	await mayWrite().catch((error: unknown) => {
		const reason = error instanceof Error ? error.message : String(error);
		throw new PimberlyError(
			'unavailable',
			`Product ${primaryId} was not written: the Sync Ledger could not say whether it still may be: ${reason}`,
			'It is tried again by itself. If it goes on, test the Sync Ledger credential.',
		);
	});

/**
 * What became of a status change, for Sequencer: Settle. An outage is tried again without end, and so is a token or an
 * address that is not accepted: that says nothing about the product, and is put right in the credential. What Pimberly
 * refuses of this product needs a person.
 */
export function resultOf(
	item: Pick<BatchItem, 'changeId' | 'lease' | 'key' | 'kind'>,
	error: PimberlyError | NotOurs | null,
): Result {
	if (error instanceof NotOurs) {
		return {
			changeId: item.changeId,
			lease: item.lease,
			status: 'retry',
			differences: [],
			reason: error.message,
			remedy: 'Nothing: the newest status is written next.',
			retryAfter: null,
			cause: 'notOurs',
			key: item.key,
			kind: item.kind,
		};
	}
	const retry = error !== null && (error.transient || error.kind === 'unauthorised' || error.kind === 'wrongUrl');
	return {
		changeId: item.changeId,
		lease: item.lease,
		status: error === null ? 'confirmed' : retry ? 'retry' : 'failed',
		differences: [],
		reason: error?.message ?? '',
		remedy: error?.remedy ?? '',
		retryAfter: retry ? error.retryAfter : null,
		...(retry ? { cause: 'unavailable' as const } : {}),
		key: item.key,
		kind: item.kind,
	};
}
