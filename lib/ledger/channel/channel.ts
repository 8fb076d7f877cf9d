import type { ChannelPort } from '../../khaos/channel/channelPort';
import { lastTold, provide, publish, toldChanges } from './channelFeed';
import { priceListUpload, stockUpload } from './channelUploads';
import type { Database } from '../store/database';
import type { LedgerSettings } from '../settings';

/** The ledger as the only memory of the channel; see ChannelPort for what each call promises. */
export function channelPort(
	database: Database,
	environmentId: number,
	settings: LedgerSettings,
	newToken: () => string,
): ChannelPort {
	return {
		publish: async (changes) =>
			await database.write(async (tx) => await publish(tx, environmentId, settings, newToken, changes)),
		told: async (changeIds) => await database.read(async (tx) => await toldChanges(tx, environmentId, changeIds)),
		lastTold: async (keys) => await database.read(async (tx) => await lastTold(tx, environmentId, keys)),
		provide: async (continuation, limit) =>
			await database.write(async (tx) => await provide(tx, environmentId, continuation, limit)),
		stockUpload: async (upload) =>
			await database.write(async (tx) => await stockUpload(tx, environmentId, settings, upload)),
		priceListUpload: async (rows) =>
			await database.write(async (tx) => await priceListUpload(tx, environmentId, settings, rows)),
	};
}
