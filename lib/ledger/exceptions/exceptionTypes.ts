import { columnOf, HARMONISATION_CODE } from '../../khaos/columns';
import { LANES } from '../../shapes';

/** What it costs while nobody acts: `critical`: orders are lost or nothing is synced; `low`: only words are wrong. */
export const severities = ['critical', 'high', 'medium', 'low'] as const;
export type Severity = (typeof severities)[number];

export const owners = ['ecommerce', 'operations', 'finance'] as const;
export type Owner = (typeof owners)[number];

/** What all exceptions of a type have in common, where nothing else is said. */
export interface ExceptionKind {
	/** As a reader sees it. */
	title: string;
	severity: Severity;
	owner: Owner;
	/** What it means, in a sentence. */
	meaning: string;
	/** What to do, where the finding itself does not say it better. */
	remedy: string;
	/** What the field of such an exception names, where it is no field of the record: where the SKU is on sale. */
	fieldIs?: 'channel';
}

/**
 * What a person has to look at, worst first. This is the one definition of the types; a finding may say a severity or an
 * owner of its own, and an environment may give a type another owner.
 */
export const exceptionTypes = {
	missingInKhaos: {
		title: 'Missing in Khaos',
		severity: 'critical',
		owner: 'operations',
		meaning: 'A stock item that is sold or was confirmed is not in Khaos Control: its orders cannot be imported.',
		remedy: 'Find out who deleted it, then run the drift check with repair: it is made again.',
	},
	sourceSilent: {
		title: 'Source silent',
		severity: 'critical',
		owner: 'operations',
		meaning: 'Pimberly or Khaos Control has not answered for some time, so nothing is synced from or to it.',
		remedy:
			'Look at the last error: a credential that expired, a server that is stopped, a workflow that is switched off.',
	},
	duplicateStockCode: {
		title: 'Duplicate stock code',
		severity: 'high',
		owner: 'ecommerce',
		meaning: 'Two products have the same stock code. It belongs to the one that came first; the other is not sent.',
		remedy: 'Give the other product a stock code of its own in Pimberly.',
	},
	stockCodeChanged: {
		title: 'Stock code changed',
		severity: 'high',
		owner: 'operations',
		meaning:
			'The stock code of a product changed. Khaos Control would keep the old item and make a second one, so nothing was written.',
		remedy: 'Put the old code back in Pimberly, or rename the item in Khaos Control and release the product.',
	},
	failedTransfer: {
		title: 'Failed transfer',
		severity: 'high',
		owner: 'operations',
		meaning: 'Khaos Control refused a record, or shows something else than was written, and the sync gave up.',
		remedy: 'Mend the cause that the text names, then use Sequencer: Replay, or save the product in Pimberly.',
	},
	heldTooLong: {
		title: 'Held too long',
		severity: 'high',
		owner: 'ecommerce',
		meaning: 'A change waits for another record (its parent, a component) that is not confirmed in Khaos Control.',
		remedy: 'Mend what it waits for; then it is sent by itself.',
	},
	invalidProduct: {
		title: 'Invalid product',
		severity: 'high',
		owner: 'ecommerce',
		meaning: 'A product cannot be sent as it is: a field is empty or wrong.',
		remedy: 'Correct the field in Pimberly; the product is sent again by itself.',
	},
	circularNeed: {
		title: 'Circular need',
		severity: 'high',
		owner: 'ecommerce',
		meaning: 'Products are each other’s parents or components, so none of them could ever be sent first.',
		remedy: 'Remove one of these relations in Pimberly.',
	},
	priceMismatch: {
		title: 'Price mismatch',
		severity: 'high',
		owner: 'finance',
		meaning: 'A price list of Khaos Control holds another price than Pimberly says.',
		remedy: 'Put the price right in Khaos Control, or send Pimberly’s again.',
	},
	kitMismatch: {
		title: 'Kit mismatch',
		severity: 'high',
		owner: 'operations',
		meaning:
			'A kit in Khaos Control has other components or quantities than Pimberly says: the wrong goods are picked.',
		remedy: 'Put the kit right in Khaos Control, or send Pimberly’s relation again.',
	},
	discontinuedButLive: {
		title: 'Discontinued but live',
		severity: 'high',
		owner: 'ecommerce',
		meaning: 'A stock item is discontinued in Khaos Control and still for sale on a channel.',
		remedy: 'Take it off the channel, or end the discontinuation.',
		fieldIs: 'channel',
	},
	attributeDrift: {
		title: 'Attribute drift',
		severity: 'medium',
		owner: 'operations',
		meaning: 'A field of a stock item in Khaos Control no longer holds what was confirmed: somebody edited it there.',
		remedy:
			'Decide which value is right. Pimberly’s: repair the drift. Khaos Control’s: correct the product in Pimberly.',
	},
	unmappedPrice: {
		title: 'Unmapped price',
		severity: 'medium',
		owner: 'finance',
		meaning:
			'A price has no counterpart on the other side: Khaos Control has no such price list, or Pimberly says no such price.',
		remedy: 'Make the price list in Khaos Control or correct the mapping; or remove the price that nobody maintains.',
	},
	lagBreach: {
		title: 'Lag breach',
		severity: 'medium',
		owner: 'operations',
		meaning: 'Changes take longer from Pimberly to confirmed in Khaos Control than is allowed.',
		remedy:
			'Look at what is queued and in flight: a slow or busy Khaos Control, a delivery workflow that is switched off.',
	},
	queueDepthBreach: {
		title: 'Queue depth breach',
		severity: 'medium',
		owner: 'operations',
		meaning: 'More changes wait, or the oldest waits longer, than is allowed.',
		remedy: 'Look whether the delivery workflow is active and Khaos Control answers; after a large change, wait.',
	},
	failedExecution: {
		title: 'Failed execution',
		severity: 'medium',
		owner: 'operations',
		meaning: 'A workflow of the sync stopped with an error.',
		remedy: 'Open the execution in n8n; the error says what to do.',
	},
	orphan: {
		title: 'Orphan',
		severity: 'medium',
		owner: 'operations',
		meaning: 'Khaos Control holds a stock item that has no product in Pimberly any more.',
		remedy: 'Discontinue or remove the item in Khaos Control, or restore the product in Pimberly.',
	},
	missingInPimberly: {
		title: 'Missing in Pimberly',
		severity: 'medium',
		owner: 'ecommerce',
		meaning: 'A SKU that is sold on a channel has no product in Pimberly.',
		remedy: 'Make the product in Pimberly, or take the SKU off the channel.',
		fieldIs: 'channel',
	},
	statusNotWritten: {
		title: 'Status not written',
		severity: 'medium',
		owner: 'ecommerce',
		meaning: 'The status of a product could not be written to Pimberly, which shows an old one.',
		remedy: 'Mend the cause that the text names; the next change of the product writes it again.',
	},
} as const satisfies Record<string, ExceptionKind>;

export type ExceptionType = keyof typeof exceptionTypes;
export const exceptionTypeNames = Object.keys(exceptionTypes) as ExceptionType[];

/** Postage, customs and what stands on an invoice: wrong, they cost money with every order. */
const costly = ['WEIGHT', 'BUY_PRICE', 'TAX_CODE', HARMONISATION_CODE];
const financial = /PRICE|COST|TAX|VAT|^Harmonisation:/;

/** What a difference in this import column is, once it was confirmed to be equal: how bad, and whose. */
export function driftOf(column: string): {
	type: 'priceMismatch' | 'attributeDrift';
	severity: Severity;
	owner: Owner;
} {
	const { lane } = columnOf(column);
	if (lane === LANES.price) return { type: 'priceMismatch', severity: 'high', owner: 'finance' };
	const severity =
		lane === LANES.launch || costly.includes(column) ? 'high' : lane === LANES.operational ? 'medium' : 'low';
	const owner = financial.test(column) ? 'finance' : lane === LANES.descriptive ? 'ecommerce' : 'operations';
	return { type: 'attributeDrift', severity, owner };
}
