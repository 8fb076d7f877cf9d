import { publishStockItems } from '../../lib/khaos/channel/publishing';
import type { ChannelPort } from '../../lib/khaos/channel/channelPort';
import type { BatchItem, Change, ReadBack } from '../../lib/shapes';
import { beginStory, stockItem, type Backend, type ItemOptions, type Story } from './story';

/** What a channel needs of every item. */
const complete = { CONTROLLED: '-1', STOCK_TYPE1: 'Lighting', STOCK_TYPE2: 'Lamps', TAX_CODE: '1' };
/** A change of a stock item that can be told over the channel. */
export const item = (stockCode: string, options: ItemOptions = {}): Change =>
	stockItem(stockCode, { ...options, columns: { ...complete, ...options.columns } });

/** What Khaos uploads of an item that it holds as desired, but for these columns. */
export const shows = (change: Change | BatchItem, columns: Record<string, string> = {}): ReadBack => ({
	exists: true,
	stockCode: change.key,
	stockId: `khaos-${change.key}`,
	parentCode: '',
	columns: { ...(change.desired as { columns: Record<string, string> }).columns, ...columns },
});

/** A ledger, and a Khaos that fetches from the channel and uploads to it. */
export async function beginChannelStory(backend: Backend) {
	const story: Story = await beginStory(backend);
	const channel = (): ChannelPort => story.ledger.channel;
	const take = async () => await story.ledger.take({ target: 'khaos' });
	return {
		story,
		channel,
		take,
		add: async (...changes: Change[]) => await story.ledger.add(changes.map((change) => ({ type: 'change', change }))),
		/** Takes what is ready, publishes it and settles, as the workflow does. */
		publish: async (): Promise<BatchItem[]> => {
			const batch = await take();
			await story.ledger.settle(await publishStockItems(channel(), batch));
			return batch;
		},
		fetched: async (continuation: string | null = null, limit = 100) => await channel().provide(continuation, limit),
		upload: async (...items: ReadBack[]) => await channel().stockUpload({ items, deleted: [] }),
		/** The state of everything that waits, by its key. */
		states: async () =>
			Object.fromEntries(
				(await story.ledger.getMany({ limit: 100, kinds: ['stockItem', 'kit', 'price'] })).map(({ key, state }) => [
					key,
					state,
				]),
			),
	};
}
export type ChannelStory = Awaited<ReturnType<typeof beginChannelStory>>;
