import {
	desiredPriceSchema,
	keyOf,
	LANES,
	priceKeyOf,
	type BatchItem,
	type DesiredPrice,
	type Difference,
	type Lane,
	type PriceReadBack,
	type Reason,
	type Result,
	type Warning,
} from '../../shapes';
import { inWords, unavailability } from '../delivery/deliveryWork';
import { KhaosFault } from '../webServices/fault';
import { KhaosLine } from '../delivery/khaosLine';
import {
	misfitsOf,
	overlapInKhaos,
	overlappingAmong,
	priceDifferences,
	priceProblems,
	priceReadBackOf,
	rowsByKey,
	type ListCurrencies,
} from './prices';
import { getPriceLists, PriceListReader, type PriceList, type PriceListOptions, type PriceRow } from './priceLists';
import { settledItem, unreadableDesired, type ComparisonTools, type Judged } from '../recordComparison';
import { StockLookUp } from '../stockReading/stockLookUp';

export interface PriceComparisonOptions extends ComparisonTools, PriceListOptions {
	currencies: ListCurrencies;
}

interface Work {
	item: BatchItem;
	price: DesiredPrice;
	readBack: PriceReadBack | null;
	warnings: Warning[];
	judged: Judged | null;
}

/** A list as it was read in this run. */
interface ReadList {
	/** Null: Khaos has no such list. */
	list: Pick<PriceList, 'net'> | null;
	rows: Map<string, PriceRow[]>;
	error: Error | null;
}

/**
 * Compares price-list rows with what Khaos holds (contract 6). Each item is either settled (equal; can't be sent; sent before
 * and still different) or comes back as to be written. Each price list is read once. Never throws.
 */
export async function comparePrices(options: PriceComparisonOptions, items: BatchItem[]): Promise<Judged[]> {
	const works = items.map(workOf);
	try {
		await new Comparison(options, works).run();
	} catch (error) {
		const reason = error instanceof Error ? error : new Error(String(error));
		for (const work of works) if (work.judged === null) settle(work, unavailability(reason));
	}
	return works.map((work) => {
		if (work.judged === null) settle(work, unavailability(new Error(`${work.item.key} was not compared`)));
		return work.judged!;
	});
}

/** The row that a key names: `<STOCK KEY> | <List> | <low>-<high>`. */
function priceOfKey(key: string): DesiredPrice | null {
	const found = /^(.*?) \| (.*) \| (\d+)-(\d+)$/s.exec(key);
	if (!found) return null;
	const [, stockCode = '', priceList = '', low, high] = found;
	return { stockCode, priceList, bandLow: Number(low), bandHigh: Number(high), amount: '0', currency: '', net: true };
}

const NO_PRICE: DesiredPrice = {
	stockCode: '-',
	priceList: '-',
	bandLow: 1,
	bandHigh: 1,
	amount: '0',
	currency: '',
	net: true,
};

function workOf(item: BatchItem): Work {
	const isLookUp = item.purpose === 'lookUp';
	const parsed = desiredPriceSchema.safeParse(item.desired);
	const price = isLookUp ? priceOfKey(item.key) : parsed.success ? parsed.data : null;
	const work: Work = { item, price: price ?? NO_PRICE, readBack: null, warnings: [], judged: null };
	if (item.kind !== 'price') {
		fail(work, [
			{
				field: 'kind',
				value: item.kind,
				reason: `A change of kind '${item.kind}' is no price`,
				remedy: 'Send only changes of prices to this node.',
			},
		]);
	} else if (price === null) {
		fail(
			work,
			parsed.success || isLookUp
				? [
						{
							field: 'key',
							value: item.key,
							reason: `'${item.key}' names no price-list row`,
							remedy: 'Pass the items on as they are.',
						},
					]
				: [unreadableDesired(parsed.error)],
		);
	}
	return work;
}

const settle = (work: Work, rest: Partial<Result> & Pick<Result, 'status'>): void => {
	work.judged = settledItem(work.item, {
		priceReadBack: work.readBack,
		...(work.warnings.length > 0 ? { warnings: work.warnings } : {}),
		...rest,
	});
};

const fail = (work: Work, reasons: Reason[]): void =>
	settle(work, {
		status: 'failed',
		reason: reasons.map((reason) => reason.reason).join('; '),
		remedy: [...new Set(reasons.map((reason) => reason.remedy))].join(' '),
		differences: reasons.map(({ field, value }) => ({ field, expected: value, actual: null })),
	});

class Comparison {
	private readonly line: KhaosLine;
	private readonly reader: PriceListReader;
	private readonly lists = new Map<string, ReadList>();
	private names: string[] | Error | null = null;
	private readonly lane: Lane;

	constructor(
		private readonly options: PriceComparisonOptions,
		private readonly works: Work[],
	) {
		this.line = new KhaosLine(options.port, options.sleep);
		this.reader = new PriceListReader(options.client, options);
		this.lane = works.reduce<Lane>((lane, { item }) => (item.lane < lane ? item.lane : lane), LANES.descriptive);
	}

	async run(): Promise<void> {
		const open = this.works.filter((work) => work.judged === null);
		for (const name of new Set(open.map((work) => work.price.priceList))) this.lists.set(name, await this.read(name));
		for (const work of open) this.judge(work, this.lists.get(work.price.priceList)!);
		const toWrite = open.filter((work) => work.judged === null);
		const clashes = overlappingAmong(toWrite.map((work) => work.price));
		for (const work of toWrite) {
			const problems = [...priceProblems(work.price), ...reasonOf(clashes.get(work.price))];
			if (problems.length > 0) fail(work, problems);
		}
		await this.checkItems(toWrite.filter((work) => work.judged === null));
	}

	private async read(name: string): Promise<ReadList> {
		const outcome = await this.line.read(this.lane, async () => await this.reader.read(name));
		if (outcome.ok && outcome.value !== null) {
			return { list: outcome.value, rows: rowsByKey(outcome.value), error: null };
		}
		const failure = outcome.ok ? null : outcome.error;
		const isUnread = (error: Error): ReadList => ({ list: null, rows: new Map(), error });
		if (failure !== null && !(failure instanceof KhaosFault && failure.concernsTheCall)) return isUnread(failure);
		// Not in the export, or refused: a list without rows, perhaps, which only the list of lists can tell from none.
		const names = await this.listNames();
		if (names instanceof Error) return isUnread(failure ?? names);
		if (!names.includes(name)) return { list: null, rows: new Map(), error: null };
		return failure === null ? { list: { net: null }, rows: new Map(), error: null } : isUnread(failure);
	}

	private async listNames(): Promise<string[] | Error> {
		if (this.names === null) {
			const outcome = await this.line.read(this.lane, async () => await getPriceLists(this.options.client));
			this.names = outcome.ok ? outcome.value : outcome.error;
		}
		return this.names;
	}

	private judge(work: Work, { list, rows, error }: ReadList): void {
		const { item, price } = work;
		if (error) {
			settle(work, unavailability(error));
			return;
		}
		const held = rows.get(keyOf(price.stockCode)) ?? [];
		work.readBack = priceReadBackOf(price, list?.net ?? null, held);
		if (item.purpose === 'lookUp') {
			if (work.readBack.exists) settle(work, { status: 'confirmed' });
			else fail(work, [noRow(price)]);
			return;
		}
		const known = Array.isArray(this.names) ? this.names : null;
		const misfits = misfitsOf(price, list, known, this.options.currencies);
		const overlap = reasonOf(list === null ? null : overlapInKhaos(price, held));
		const differences = list === null ? [] : priceDifferences(price, work.readBack, held);
		const isEqual = differences.length === 0 && misfits.length === 0;
		if (list !== null && list.net === null && differences.length > 0) work.warnings.push(netUnknown(price));
		if (isEqual) settle(work, { status: 'confirmed', ...(item.purpose === 'check' ? {} : { adopted: true }) });
		else if (item.purpose === 'check') stillDifferent(work, differences, [...misfits, ...overlap]);
		else if (misfits.length + overlap.length > 0) fail(work, [...misfits, ...overlap]);
	}

	/** An import skips prices of items that Khaos doesn't hold without a word (contract 6), so they are looked for first. */
	private async checkItems(works: Work[]): Promise<void> {
		const priced = new Set([...this.lists.values()].flatMap(({ rows }) => [...rows.keys()]));
		const look = new StockLookUp(this.options.client, this.options.port, this.line, this.lane);
		const unseen = works.filter((work) => !priced.has(keyOf(work.price.stockCode)));
		const found = await look.readPresence(unseen.map((work) => work.price.stockCode));
		for (const work of works) {
			const key = keyOf(work.price.stockCode);
			const error = found.errors.get(key);
			if (error) settle(work, unavailability(error));
			else if (found.absent.has(key)) settle(work, itemMissing(work));
			else work.judged = { toWrite: { ...work.item, confirmed: work.readBack } };
		}
	}
}

const reasonOf = (reason: Reason | null | undefined): Reason[] => (reason ? [reason] : []);

const itemMissing = ({ price }: Work): Partial<Result> & Pick<Result, 'status'> => ({
	status: 'retry',
	cause: 'different',
	reason: `${price.stockCode} is not in Khaos, and its import skips prices of unknown items without a word`,
	remedy: 'Send the product from Pimberly. The price is sent when the item is in Khaos.',
	differences: [{ field: 'STOCK_CODE', expected: price.stockCode, actual: null }],
});

const noRow = (price: DesiredPrice): Reason => ({
	field: priceKeyOf(price),
	value: null,
	reason: `${price.priceList} has no price of ${price.stockCode} for the quantities ${price.bandLow}-${price.bandHigh} in Khaos`,
	remedy: 'Send its product from Pimberly, or add the price in Khaos Control.',
});

const netUnknown = (price: DesiredPrice): Warning => ({
	field: price.priceList,
	message: `Khaos doesn't say whether ${price.priceList} holds prices with or without tax; the mapping says ${price.net ? 'without' : 'with'}.`,
});

function stillDifferent(work: Work, differences: Difference[], obstacles: Reason[]): void {
	const { price } = work;
	const [obstacle] = obstacles;
	settle(work, {
		status: 'sent',
		differences:
			differences.length > 0
				? differences
				: obstacles.map(({ field, value }) => ({ field, expected: value, actual: null })),
		reason: obstacle
			? `The price of ${price.stockCode} in ${price.priceList} was sent, and Khaos can't take it: ${obstacle.reason}`
			: `The price of ${price.stockCode} in ${price.priceList} isn't in Khaos yet as it was sent: ${inWords(differences)}`,
		remedy:
			obstacle?.remedy ??
			'Import the price file in Khaos Control, if nobody has. If it was imported, look whether the item, the list and the band are spelled as Khaos has them.',
	});
}
