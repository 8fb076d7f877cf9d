import {
	desiredKitSchema,
	keyOf,
	LANES,
	type BatchItem,
	type DesiredKit,
	type Difference,
	type KitReadBack,
	type Lane,
	type Reason,
	type Result,
	type Warning,
} from '../../shapes';
import { inWords, unavailability } from '../delivery/deliveryWork';
import {
	absentKit,
	compareKit,
	isEqualKit,
	kitDifferences,
	kitProblems,
	kitReadBackOf,
	nestedAmong,
	nesting,
	type BuildsShown,
} from './kits';
import { KhaosLine } from '../delivery/khaosLine';
import type { ComparisonTools, Judged } from '../recordComparison';
import { settledItem, unreadableDesired } from '../recordComparison';
import { StockLookUp, type FoundStock } from '../stockReading/stockLookUp';

export interface KitComparisonOptions extends ComparisonTools {
	buildsShown: BuildsShown;
}

interface Work {
	item: BatchItem;
	kit: DesiredKit;
	readBack: KitReadBack | null;
	warnings: Warning[];
	judged: Judged | null;
}

/**
 * Compares kit relations with what Khaos holds (contract 7). Each item is either settled (equal; can't be sent; sent before
 * and still different) or comes back as to be written, with what was read. Kit parents are exported 50 a call, components
 * only of those that have to be written. Never throws.
 */
export async function compareKits(options: KitComparisonOptions, items: BatchItem[]): Promise<Judged[]> {
	const works = items.map(workOf);
	const line = new KhaosLine(options.port, options.sleep);
	const look = new StockLookUp(options.client, options.port, line, laneOf(items));
	try {
		await judgeAll(works, look, options);
	} catch (error) {
		const reason = error instanceof Error ? error : new Error(String(error));
		for (const work of works) if (work.judged === null) settle(work, unavailability(reason));
	}
	return works.map((work) => {
		if (work.judged === null) settle(work, unavailability(new Error(`${work.kit.stockCode} was not compared`)));
		return work.judged!;
	});
}

const laneOf = (items: BatchItem[]): Lane =>
	items.reduce<Lane>((lane, item) => (item.lane < lane ? item.lane : lane), LANES.descriptive);

function workOf(item: BatchItem): Work {
	const lookUp: DesiredKit = { stockCode: item.key, relation: 'pack', components: [] };
	const parsed = desiredKitSchema.safeParse(item.desired);
	const kit = item.purpose === 'lookUp' ? lookUp : parsed.success ? parsed.data : lookUp;
	const work: Work = { item, kit, readBack: null, warnings: [], judged: null };
	if (item.kind !== 'kit') {
		fail(work, [
			{
				field: 'kind',
				value: item.kind,
				reason: `A change of kind '${item.kind}' is no kit`,
				remedy: 'Send only changes of kits to this node.',
			},
		]);
	} else if (item.purpose !== 'lookUp' && !parsed.success) {
		fail(work, [unreadableDesired(parsed.error)]);
	}
	return work;
}

const settle = (work: Work, rest: Partial<Result> & Pick<Result, 'status'>): void => {
	work.judged = settledItem(work.item, {
		kitReadBack: work.readBack,
		...(work.warnings.length > 0 ? { warnings: work.warnings } : {}),
		...rest,
	});
};

const fail = (work: Work, reasons: Reason[], differences: Difference[] = []): void =>
	settle(work, {
		status: 'failed',
		reason: reasons.map((reason) => reason.reason).join('; '),
		remedy: [...new Set(reasons.map((reason) => reason.remedy))].join(' '),
		differences: [
			...reasons.map(({ field, value }) => ({ field, expected: value, actual: null })),
			...differences.filter(({ field }) => reasons.every((reason) => reason.field !== field)),
		],
	});

async function judgeAll(works: Work[], look: StockLookUp, options: KitComparisonOptions): Promise<void> {
	const open = works.filter((work) => work.judged === null);
	const found = await look.read(open.map((work) => work.kit.stockCode));
	for (const work of open) judgeParent(work, found, options.buildsShown);

	const toWrite = works.filter((work) => work.judged === null);
	// Relations that are in Khaos already count as well: they are there.
	const nested = nestedAmong(open.map((work) => work.kit));
	for (const work of toWrite) {
		const problems = [...kitProblems(work.kit), ...(nested.get(keyOf(work.kit.stockCode)) ?? [])];
		if (problems.length > 0) fail(work, problems);
	}
	const sendable = toWrite.filter((work) => work.judged === null);
	const withComponents = await look.read(
		sendable.flatMap((work) => work.kit.components.map((component) => component.stockCode)),
	);
	for (const work of sendable) judgeComponents(work, withComponents);
}

function judgeParent(work: Work, found: FoundStock, builds: BuildsShown): void {
	const { item, kit } = work;
	const key = keyOf(kit.stockCode);
	const error = found.errors.get(key);
	if (error) {
		settle(work, unavailability(error));
		return;
	}
	if (found.listedOnly.has(key)) {
		fail(work, [
			{
				field: 'kit parent',
				value: kit.stockCode,
				reason: `${kit.stockCode} can't be read back: Khaos takes a comma in a stock code for two codes`,
				remedy: 'Give the kit parent a stock code without a comma.',
			},
		]);
		return;
	}
	const record = found.records.get(key);
	work.readBack = record ? kitReadBackOf(record, builds) : absentKit(kit.stockCode);
	if (item.purpose === 'lookUp') {
		if (work.readBack.components.length > 0) settle(work, { status: 'confirmed' });
		else fail(work, [noRelation(kit.stockCode)]);
		return;
	}
	if (!record) {
		missing(work, [kit.stockCode], 'kit parent');
		return;
	}
	const comparison = compareKit(kit, work.readBack);
	const isEqual = isEqualKit(comparison);
	const differences = kitDifferences(comparison);
	const isPack = work.readBack.relation === 'pack';
	if (kit.relation === 'build' && builds === 'never') {
		judgeUnseenBuild(work, isPack);
		return;
	}
	if (isEqual) {
		if (kit.relation === 'build' && kit.components.length > 0) work.warnings.push(unsureOfBuild(kit.stockCode));
		settle(work, { status: 'confirmed', ...(item.purpose === 'check' ? {} : { adopted: true }) });
		return;
	}
	if (item.purpose === 'check') stillDifferent(work, differences);
}

/** A build where Khaos shows packs only: it can be told that the item is no pack, and no more. */
function judgeUnseenBuild(work: Work, isPack: boolean): void {
	const { item, kit } = work;
	if (item.purpose === 'check') {
		settle(work, {
			status: 'sent',
			reason: `The build of ${kit.stockCode} was sent; Khaos's web services don't show builds, so it can't be read back`,
			remedy: BY_HAND,
		});
	} else if (isPack) {
		fail(work, [
			{
				field: 'relation',
				value: 'build',
				reason: `${kit.stockCode} is a pack (Move With) in Khaos, and Khaos doesn't take a build on it`,
				remedy: 'Remove the Move With relation in Khaos Control, or make the product a pack in Pimberly.',
			},
		]);
	}
}

const BY_HAND =
	"Look at the item in Khaos Control. If its components are right, say so with a Sequencer node (Confirm); if your Khaos does show builds, set 'Builds in Exports' of the Kit node to 'Find Out'.";

const unsureOfBuild = (stockCode: string): Warning => ({
	field: 'relation',
	message: `The components of ${stockCode} are as they should be; Khaos doesn't say whether they are a build or a pack.`,
});

const noRelation = (stockCode: string): Reason => ({
	field: 'relation',
	value: null,
	reason: `${stockCode} has no components in Khaos that can be read`,
	remedy: 'Send its product from Pimberly, or make the relation in Khaos Control.',
});

function stillDifferent(work: Work, differences: Difference[]): void {
	settle(work, {
		status: 'sent',
		differences,
		reason: `The relation of ${work.kit.stockCode} isn't in Khaos yet as it was sent: ${inWords(differences)}`,
		remedy:
			'Import the relationship file in Khaos Control, if nobody has. If it was imported, look at what the import said of this kit.',
	});
}

function missing(work: Work, codes: string[], what: 'kit parent' | 'component'): void {
	const { item, kit } = work;
	const one = codes.length === 1;
	const names = codes.join(', ');
	const reason =
		what === 'kit parent'
			? `The kit parent ${names} is not in Khaos`
			: `${one ? 'The component' : 'The components'} ${names} of ${kit.stockCode} ${one ? 'is' : 'are'} not in Khaos, and Khaos refuses a relation that lacks one component`;
	settle(work, {
		status: item.purpose === 'check' ? 'sent' : 'retry',
		...(item.purpose === 'check' ? {} : { cause: 'different' as const }),
		reason,
		remedy: `Send the ${one ? 'product' : 'products'} from Pimberly, or take ${one ? 'it' : 'them'} out of the kit. Nothing of this relation is sent until then.`,
		differences: codes.map((code) => ({
			field: what === 'kit parent' ? what : `component ${code}`,
			expected: code,
			actual: null,
		})),
	});
}

function judgeComponents(work: Work, found: FoundStock): void {
	const { kit, item } = work;
	const codes = kit.components.map((component) => component.stockCode);
	const unreadable = codes.find((code) => found.errors.has(keyOf(code)));
	if (unreadable !== undefined) {
		settle(work, unavailability(found.errors.get(keyOf(unreadable))!));
		return;
	}
	const absentCodes = codes.filter((code) => found.absent.has(keyOf(code)));
	if (absentCodes.length > 0) {
		missing(work, absentCodes, 'component');
		return;
	}
	const kits = codes.filter((code) => found.records.get(keyOf(code))?.links.some((link) => link.type === 'pack'));
	if (kits.length > 0) {
		fail(
			work,
			kits.map((code) => nesting(kit.stockCode, code)),
		);
		return;
	}
	work.judged = { toWrite: { ...item, confirmed: work.readBack } };
}
