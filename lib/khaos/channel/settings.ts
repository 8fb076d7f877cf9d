import { z } from 'zod';

/** How a document travels. */
export type ChannelFormat = 'JSON' | 'XML';

/** What a site has to say before stock can be told over the channel (khaos-control-api 4.4, 4.5, 14). */
export const channelSettingsSchema = z.object({
	/** Whether BUY_PRICE is without or with tax: a feed has to say which, and each Khaos is set up one way or the other. */
	buyPriceIs: z.enum(['net', 'gross']).default('net'),
	sellPriceIs: z.enum(['net', 'gross']).default('net'),
	/** Which part of Khaos's tax rates TAX_CODE is. */
	taxRateBy: z.enum(['code', 'id']).default('code'),
	/** The Stock Barcode Type of the BARCODE column. It has to exist in Khaos; '' leaves the type out. */
	barcodeType: z.string().trim().default('GTIN'),
});
export type ChannelSettings = z.infer<typeof channelSettingsSchema>;
