import { XMLBuilder, XMLParser } from 'fast-xml-parser';

/**
 * The documents of a channel as the simulated Khaos reads and writes them, JSON and XML, on its own: nothing of the package
 * is in between. Numbers travel as text.
 */
export type Format = 'JSON' | 'XML';

/** Any part of a document: texts, lists and members. Numbers and booleans are texts here. */
export type Node = string | Node[] | { [name: string]: Node };
export type Members = { [name: string]: Node };

/** What was served is no document that Khaos would take. */
export class BadDocument extends Error {}

/** Lists of the documents, and what XML calls an entry of each. */
const LISTS: Record<string, string> = {
	Items: 'StockItem',
	Relationships: 'StockItemRelationship',
	Barcodes: 'StockBarcode',
	SupplierInfo: 'StockSupplier',
	Images: 'StockImage',
	CustomOptions: 'CustomOption',
	PackItems: 'PackItem',
	Linked: 'LinkedItem',
	Headings: 'string',
	SCSValues: 'string',
	SCSDescriptions: 'string',
	Deleted: 'string',
	Statuses: 'StockStatus',
	UploadPriceLists: 'PriceList',
	StockPrices: 'StockPrice',
	Orders: 'SalesOrder',
};
/** Lists that stand in a member of the same name, or in one that is no list elsewhere. */
const isList = (name: string, within: string): boolean =>
	name in LISTS && !(name === 'Relationships' && within !== 'Relationships');

const BOOLEANS = new Set([
	'PublishOnWeb',
	'Discontinued',
	'DropShipItem',
	'DiscountsDisabled',
	'RunToZero',
	'VatReliefQualified',
	'StockControlled',
	'FreeText',
	'NonPhysical',
	'PriceListNet',
]);
const NUMBERS = new Set([
	'Net',
	'Gross',
	'AverageWeight',
	'Height',
	'Width',
	'Depth',
	'ReorderMultiple',
	'SalesMultiple',
	'LeadTime',
	'SiteID',
	'Available',
	'OnOrder',
	'QtyStart',
	'QtyEnd',
	'PriceValue',
	'PriceType',
]);
/** DataItems, which XML writes as attributes. */
const DATA_ITEMS = new Set(['TaxRate', 'StockType1', 'StockType2', 'StockType3', 'StockType4', 'Manufacturer', 'Type']);

/** Read a document that was fetched. @throws BadDocument */
export function readDocument(text: string, format: Format): Members {
	const document = format === 'JSON' ? readJson(text) : readXml(text);
	if (typeof document === 'string' || Array.isArray(document)) throw new BadDocument('The document has no members');
	return document;
}

function readJson(text: string): Node {
	const asText = (_name: string, value: unknown, context?: { source?: string }): unknown => {
		// "Null is an error" (khaos-control-api 4.4).
		if (value === null) throw new BadDocument('A member is null');
		return typeof value === 'number'
			? (context?.source ?? String(value))
			: typeof value === 'boolean'
				? String(value)
				: value;
	};
	try {
		return JSON.parse(text, asText as (name: string, value: unknown) => unknown) as Node;
	} catch (error) {
		if (error instanceof BadDocument) throw error;
		throw new BadDocument(`The document is not JSON: ${(error as Error).message}`);
	}
}

const parser = new XMLParser({
	preserveOrder: true,
	ignoreAttributes: false,
	attributeNamePrefix: '',
	parseTagValue: false,
	parseAttributeValue: false,
	trimValues: false,
	ignoreDeclaration: true,
	processEntities: true,
});

type Ordered = Record<string, unknown>;

function readXml(text: string): Node {
	let nodes: Ordered[];
	try {
		nodes = parser.parse(text) as Ordered[];
	} catch (error) {
		throw new BadDocument(`The document is not XML: ${(error as Error).message}`);
	}
	const root = nodes.find((node) => !('#text' in node));
	const name = root && Object.keys(root).find((key) => key !== ':@');
	if (!root || name === undefined) throw new BadDocument('The document has no root element');
	const content = xmlNode(name, root, '');
	// In XML the root stands for the document; in JSON EndpointConfig is a member of it.
	return name === 'EndpointConfig' ? { EndpointConfig: content } : content;
}

function xmlNode(name: string, node: Ordered, within: string): Node {
	const children = node[name] as Ordered[];
	const elements = children.flatMap((child) => {
		const tag = Object.keys(child).find((key) => key !== ':@' && key !== '#text');
		return tag === undefined ? [] : [{ tag, child }];
	});
	const text = children.map((child) => ('#text' in child ? String(child['#text']) : '')).join('');
	if (isList(name, within) && (elements.length > 0 || text.trim() === '')) {
		// StockItems > Items > StockItem; Relationships > Relationships > StockItemRelationship.
		if (!(name === 'Relationships' && elements.some(({ tag }) => tag === 'Relationships')))
			return elements.map(({ tag, child }) => xmlNode(tag, child, name));
	}
	const attributes = (node[':@'] ?? {}) as Record<string, string>;
	if (DATA_ITEMS.has(name)) {
		return { ...attributes, ...(text.trim() === '' ? {} : { Name: text }) };
	}
	if (elements.length === 0) return text;
	return Object.fromEntries(elements.map(({ tag, child }) => [tag, xmlNode(tag, child, name)]));
}

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@_', suppressEmptyNode: true });

/** Write a document that is uploaded; `root` is its element in XML. */
export function writeDocument(document: Members, root: string, format: Format): string {
	if (format === 'JSON') return json(document, '');
	const shaped = builder.build({ [root]: xmlShape(document) }) as string;
	return `<?xml version="1.0"?>\n${shaped}`;
}

const raw = (text: string): string =>
	/^-?\d+(\.\d+)?$/.test(text) ? text.replace(/^(-?)0+(?=\d)/, '$1') : JSON.stringify(text);

function json(node: Node, name: string): string {
	if (typeof node === 'string') {
		if (BOOLEANS.has(name)) return node === 'true' ? 'true' : 'false';
		return NUMBERS.has(name) ? raw(node) : JSON.stringify(node);
	}
	if (Array.isArray(node)) return `[${node.map((one) => json(one, '')).join(',')}]`;
	return `{${Object.entries(node)
		.map(([member, value]) => `${JSON.stringify(member)}:${json(value, member)}`)
		.join(',')}}`;
}

function xmlShape(members: Members): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(members).map(([name, node]): [string, unknown] => {
			if (Array.isArray(node))
				return [
					name,
					{ [LISTS[name] ?? 'Item']: node.map((one) => (typeof one === 'string' ? one : xmlShape(one as Members))) },
				];
			if (typeof node === 'string') return [name, BOOLEANS.has(name) ? (node === 'true' ? 'True' : 'False') : node];
			if (DATA_ITEMS.has(name)) {
				const { Name = '', ...rest } = node as Record<string, string>;
				return [
					name,
					{ ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [`@_${key}`, value])), '#text': Name },
				];
			}
			return [name, xmlShape(node)];
		}),
	);
}
