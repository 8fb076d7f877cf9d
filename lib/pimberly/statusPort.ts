/** What a writer of statuses asks of the Sync Ledger. */
export interface StatusPort {
	/**
	 * Right before a write to Pimberly: is this change still leased by this token, on the ledger's clock, with no newer status
	 * waiting? Then its lease is renewed and it may be written; otherwise it must not be.
	 */
	beginWrite(change: { changeId: string; token: string }): Promise<boolean>;
}
