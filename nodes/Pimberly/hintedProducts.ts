import type { IPollFunctions, IWebhookFunctions } from 'n8n-workflow';

import type { Ledger } from '../../lib/ledger/ledger';
import type { PimberlyClient } from '../../lib/pimberly/client';
import { hintStep, type HintSettings } from '../../lib/pimberly/hintStep';
import type { Product } from '../../lib/shapes';
import { nameOf } from './scanMemory';

/** Hints that are read together. A step that takes fewer has taken all that were due. */
const STEP = 100;
/** Products of one execution; the rest comes with the next call or poll. */
const LARGEST_EMISSION = 1_000;

const lastReading = new WeakMap<Ledger, Promise<unknown>>();

/**
 * The products that notifications named and that are due, read again from Pimberly. Readings of one process take turns:
 * of a burst of notifications the first reading takes most, and the later ones find nothing left.
 * @param budgetMs how long a reading may take
 * @returns none when there is nothing due, or when Pimberly can't be read now: the notifications stay in the ledger
 */
export async function productsOfHints(
	context: IPollFunctions | IWebhookFunctions,
	account: { client: PimberlyClient; ledger: Ledger; settings: HintSettings },
	budgetMs: number,
): Promise<Product[]> {
	const before = lastReading.get(account.ledger) ?? Promise.resolve();
	const reading = before.then(async () => await readDue(context, account, budgetMs));
	lastReading.set(
		account.ledger,
		reading.catch(() => undefined),
	);
	return await reading;
}

async function readDue(
	context: IPollFunctions | IWebhookFunctions,
	{ client, ledger, settings }: { client: PimberlyClient; ledger: Ledger; settings: HintSettings },
	budgetMs: number,
): Promise<Product[]> {
	const products: Product[] = [];
	const end = Date.now() + budgetMs;
	const deps = { client, port: ledger.hints, relations: ledger.scanPort(nameOf(context)), now: Date.now };
	for (let left = budgetMs; left > budgetMs / 4 && products.length < LARGEST_EMISSION; left = end - Date.now()) {
		const outcome = await hintStep({ ...deps, budgetMs: left }, settings, STEP);
		products.push(...outcome.products);
		if (outcome.error !== null) {
			const { message, remedy } = outcome.error;
			context.logger.warn(`${context.getNode().name}: ${message} ${remedy} The notification stays in the ledger.`);
		}
		if (outcome.taken < STEP || outcome.error !== null) break;
	}
	return products;
}
