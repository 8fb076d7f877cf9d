import type { Ledger } from '../../lib/ledger/ledger';

/** A ledger that forgets what changes need before they may be sent; the oracle has to find that out. */
export const ignoringNeeds = (ledger: Ledger): Ledger => ({
	...ledger,
	add: async (items) =>
		await ledger.add(
			items.map((item) => (item.type === 'change' ? { ...item, change: { ...item.change, needs: [] } } : item)),
		),
});

/** A ledger that lets an execution write whose batch was given to another one meanwhile, or overtaken. */
export const lettingOldExecutionsWrite = (ledger: Ledger): Ledger => ({
	...ledger,
	deliveryPort: (endpoint) => {
		const port = ledger.deliveryPort(endpoint);
		return { ...port, beginWrite: async (changes) => new Set(changes.map(({ changeId }) => changeId)) };
	},
});

/** A ledger that now and then takes an attempt for a confirmation. */
export function confirmingTooSoon(ledger: Ledger): Ledger {
	let count = 0;
	return {
		...ledger,
		settle: async (results) =>
			await ledger.settle(
				results.map((result) => ((count += 1) % 10 === 0 ? { ...result, status: 'confirmed' as const } : result)),
			),
	};
}
