import type { LoggedCall } from '../simulators/callLog';
import type { ChannelTarget } from '../simulators/khaos/channelClient';
import type { AccountProduct, Difference } from './expectedItems';
import type { WorkflowTemplate } from './n8nApi';

/** What `npm start -- --transport channel` does differently: stock items and kits go by a channel that Khaos fetches. */

/** How stock items and kits are written. */
export type Transport = 'soap' | 'channel';

/** The last one reads Pimberly. List prices still go by a file. */
export const CHANNEL_TEMPLATES = ['priority-price-sync', 'channel-feed'];

/** Part of the channel's addresses in the demo's n8n; n8n's editor makes one up when a template is imported by hand. */
const WEBHOOK_ID = 'demo-channel';
/** Its stock items go by the web services. */
const NOT_BY_CHANNEL = ['Next Urgent Items'];

/** A template as it is imported for the channel. */
export function forChannel(template: WorkflowTemplate): WorkflowTemplate {
	const nodes = template.nodes.map((node) => ({
		...node,
		...(node.type.endsWith('.khaosControlChannelTrigger') ? { webhookId: WEBHOOK_ID } : {}),
		...(NOT_BY_CHANNEL.includes(node.name) ? { disabled: true } : {}),
	}));
	return { ...template, nodes };
}

export const channelCredential = (password: string) => ({
	name: 'Channel of Khaos',
	type: 'khaosControlChannelApi',
	data: { user: 'khaos', password },
});

/** How the simulated Khaos finds the demo's channel; it fetches every second, where a real one may take a quarter of an hour. */
export const channelTarget = (n8nUrl: string, password: string): ChannelTarget => ({
	url: `${n8nUrl}/webhook/${WEBHOOK_ID}/config`,
	user: 'khaos',
	password,
	everySeconds: 1,
});

/** Whether a call is a sign of life of the sync: Khaos asks its channel every second, whether there is anything or not. */
export const isWork = ({ method, codes }: LoggedCall): boolean =>
	!method.startsWith('Channel.') || (codes ?? []).length > 0;

/** Attributes of the demo account whose columns the channel has no place for. */
const NOT_CARRIED = ['colour', 'size', 'material', 'commodityCode', 'countryOfOrigin'];

/** Without what the channel can't carry: that is no difference, and reported apart. */
export const ofCarried = (differences: Difference[]): Difference[] =>
	differences.filter(({ field }) => !NOT_CARRIED.includes(field));

/** How many products have a value that the channel can't carry, by attribute. */
export function notCarriedIn(products: AccountProduct[]): Record<string, number> {
	const counts = NOT_CARRIED.map(
		(name) => [name, products.filter(({ attributes }) => String(attributes[name] ?? '') !== '').length] as const,
	);
	return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
