import { z } from 'zod';
import { failure, json } from './pimberly/answers';
import type { PimberlyStore, ProductNotice } from './pimberly/store';
import type { Answer } from './serving';
import type { PimberlySettings } from './settings';

export const subscriptionSchema = z
	.object({
		url: z.string().url(),
		headers: z.record(z.string()).default({}),
		enabled: z.boolean().default(true),
		action: z.array(z.enum(['create', 'update', 'delete'])).default(['create', 'update', 'delete']),
	})
	.strict();
export type Subscription = z.infer<typeof subscriptionSchema>;

const ATTEMPTS = 3;

/**
 * Pimberly's notifications (pimberly-api 4): thin, `{action, primaryId}`. One subscription for the API key and one for
 * the control server. How often a delivery is repeated is a guess.
 */
export class Webhooks {
	private readonly subscriptions = new Map<'api' | 'control', Subscription>();

	/** Deliveries, oldest first; for tests and the control server. */
	readonly deliveries: Array<{ url: string; action: string; primaryId: string; status: number }> = [];

	constructor(
		store: PimberlyStore,
		private readonly settings: () => PimberlySettings,
		private readonly wait: (ms: number) => Promise<void>,
	) {
		store.onChange((notice) => {
			for (const subscription of this.subscriptions.values()) {
				if (subscription.enabled && subscription.action.includes(notice.action))
					void this.deliver(subscription, notice);
			}
		});
	}

	set(owner: 'api' | 'control', subscription: Subscription | null): void {
		if (subscription) this.subscriptions.set(owner, subscription);
		else this.subscriptions.delete(owner);
	}

	private async deliver(
		{ url, headers }: Subscription,
		{ action, primaryId, internalId }: ProductNotice,
	): Promise<void> {
		const batch = action === 'delete' && this.settings().deleteNotice === 'products';
		const body = JSON.stringify(batch ? { action, products: [{ productId: internalId }] } : { action, primaryId });
		for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
			const status = await fetch(url, {
				method: 'POST',
				headers: { 'Content-Type': 'application/json', ...headers },
				body,
			}).then(
				(response) => response.status,
				() => 0,
			);
			this.deliveries.push({ url, action, primaryId, status });
			if (status >= 200 && status < 300) return;
			await this.wait(500 * attempt);
		}
	}

	/** POST, GET and DELETE of `/webhooks` on either surface: path, verbs and spelling are guesses. */
	manage(method: string, body: Buffer): Answer {
		if (method === 'DELETE') {
			this.set('api', null);
			return json(200, {});
		}
		if (method === 'POST') {
			try {
				this.set('api', subscriptionSchema.parse(JSON.parse(body.toString('utf8'))));
			} catch {
				return failure(400, 'A webhook is {enabled, action: [...], url}');
			}
		}
		const subscription = this.subscriptions.get('api');
		return subscription ? json(200, subscription) : failure(404, 'There is no webhook');
	}
}
