import { XMLParser } from 'fast-xml-parser';
import { strToU8, zipSync } from 'fflate';
import { DateTime } from 'luxon';
import type { LoggedCall } from '../callLog';
import type { RowRefusal } from '../serving';
import type { Dialect, KhaosSettings } from '../settings';

import { exportPriceLists } from './priceLists';
import { array, bytes, documentText, int, struct, text, type SoapValue } from './soap';
import { exportStock, exportStockStatus, itemsNamed, type MappingType, type Xml } from './stockExport';
import { importTable, parseTable, type ImportOutcome, type ParsedTable } from './stockImport';
import type { KhaosStore, StockItem } from './store';

/** A call that the server answers with a SOAP fault. */
export class KhaosRefusal extends Error {}

export interface CallContext {
	store: KhaosStore;
	settings: KhaosSettings;
	dialect: Dialect;
	entry: LoggedCall;
	refusal: RowRefusal | null;
}

export type Parameters_ = Record<string, string>;

/** One method of IKosWeb: what the WSDL says of it, and what it does. */
export interface Method {
	name: string;
	parameters: Array<[string, 'string' | 'int' | 'dateTime']>;
	/** `string`, `int`, or a type of wsdl.ts. */
	result: string;
	/** Stock codes that the call names, for the log and for faults. */
	codes?: (parameters: Parameters_, settings: KhaosSettings) => string[];
	rejectsRows?: boolean;
	run(parameters: Parameters_, context: CallContext): SoapValue;
}

/** Names that clients make up where they don't know the description: PHP's SoapClient, SOAP::Lite. */
const MADE_UP = /^(param|c-gensym)\d+$/;

/** A call's parameters by the names of the description; those of a client that doesn't know them by their order. */
export function byName(method: Method, sent: Parameters_): Parameters_ {
	if (!Object.keys(sent).every((name) => MADE_UP.test(name))) return sent;
	const values = Object.values(sent);
	return Object.fromEntries(method.parameters.slice(0, values.length).map(([name], index) => [name, values[index]!]));
}

const document = (xml: Extract<SoapValue, { is: 'document' }>['xml']): SoapValue => ({ is: 'document', xml });

const list = (names: string | undefined): string[] =>
	(names ?? '')
		.split(',')
		.map((name) => name.trim())
		.filter(Boolean);

/** London local time without an offset; 1899-12-31 (Delphi's zero) or nothing: no date (khaos-control-api 2.3). */
function sinceOf(name: string, value: string | undefined): number | null {
	if (!value?.trim()) return null;
	const date = DateTime.fromISO(value.trim(), { zone: 'Europe/London' });
	if (!date.isValid) throw new KhaosRefusal(`'${value}' is not a valid date and time (${name})`);
	return date.year < 1900 ? null : date.toMillis();
}

function wholeNumber(name: string, value: string | undefined, otherwise: number): number {
	if (!value?.trim()) return otherwise;
	if (!/^-?\d+$/.test(value.trim())) throw new KhaosRefusal(`'${value}' is not a valid integer value (${name})`);
	return Number(value);
}

function mappingOf(value: string | undefined): MappingType {
	const known: Record<number, MappingType> = { 1: 'code', 2: 'otherRef', 4: 'description' };
	const mapping = known[wholeNumber('MappingType', value, 1)];
	if (!mapping) throw new KhaosRefusal(`Mapping type ${value} is not supported`);
	return mapping;
}

const revised = (items: StockItem[], since: number | null): StockItem[] =>
	since === null ? items : items.filter(({ revisedAt }) => revisedAt >= since);

/** What the importer says of an import; no public document shows its shape (khaos-control-api 2.8). */
function summary({ imported, refused, warnings }: ImportOutcome, failure: string | null, dialect: Dialect): SoapValue {
	const errors = failure === null ? refused : [{ line: 0, code: '', reason: failure }];
	const skipped = refused.length;
	switch (dialect.importSummary) {
		case 'structure':
			return struct('TStockImportResult', {
				ImportedCount: int(imported),
				SkippedCount: int(skipped),
				Errors: array(
					'TStockImportError',
					errors.map(({ line, code, reason }) =>
						struct('TStockImportError', { Line: int(line), StockCode: text(code), Message: text(reason) }),
					),
				),
			});
		case 'sentence':
			return text(
				[
					`${imported} line(s) imported/updated, ${skipped} skipped, ${errors.length} error(s).`,
					...errors.map(({ line, code, reason }) => `Line ${line} ${code}: ${reason}`),
				].join('\r\n'),
			);
		case 'count':
			return int(imported);
		case 'empty':
			return text('');
		case 'attributes':
			return document({
				StockImport: {
					'@_Imported': String(imported),
					'@_Skipped': String(skipped),
					...(errors.length && {
						Error: errors.map(({ line, code, reason }) => ({
							'@_Line': String(line),
							'@_StockCode': code,
							'@_Text': reason,
						})),
					}),
				},
			});
		default:
			return document({
				IMPORT_SUMMARY: {
					LINES_IMPORTED: String(imported),
					LINES_SKIPPED: String(skipped),
					...(warnings.length && { WARNINGS: { WARNING: warnings } }),
					...(errors.length && {
						ERRORS: {
							ERROR: errors.map(({ line, code, reason }) => ({
								LINE: String(line),
								STOCK_CODE: code,
								MESSAGE: reason,
							})),
						},
					}),
				},
			});
	}
}

function exportedStock(parameters: Parameters_, { store, settings, dialect, entry }: CallContext): Xml {
	const found = itemsNamed(store, parameters.StockCode ?? '', mappingOf(parameters.MappingType));
	const since = sinceOf('LastUpdated', parameters.LastUpdated);
	const exported = exportStock(store, revised(found, since), settings, dialect);
	entry.rows = exported.rows;
	return exported.document;
}

function importStock(parameters: Parameters_, { store, settings, dialect, entry, refusal }: CallContext): SoapValue {
	const table: ParsedTable = parseTable(parameters.StockData ?? '', settings);
	entry.codes = table.codes;
	entry.rows = table.rows.length;
	if (table.levelColumns.length) store.noteLevelWrite(`ImportStockTSV ${table.levelColumns.join(', ')}`, table.codes);
	const outcome = importTable(store, table, settings, refusal);
	entry.applied = outcome.imported > 0;
	if (outcome.refused.length) entry.refused = outcome.refused.map(({ code, reason }) => ({ code, reason }));
	if (outcome.failure !== null) {
		entry.outcome = 'refused';
		entry.notes = [outcome.failure];
		if (settings.wholeCallFailure === 'fault' || settings.badRow === 'failsCall')
			throw new KhaosRefusal(outcome.failure);
	} else if (outcome.refused.length) entry.outcome = 'partial';
	return summary(outcome, outcome.failure, dialect);
}

/** Nothing here may write levels: the attempt is noted and refused. */
function importLevels(parameters: Parameters_, { store, entry }: CallContext): SoapValue {
	const payload = Object.values(parameters).find((value) => value.includes('<')) ?? '';
	const parsed = new XMLParser({ ignoreAttributes: false, isArray: (name) => name === 'STOCK_ITEM' }).parse(
		payload,
	) as {
		STOCK_STATUS?: { STOCK_ITEM?: Array<{ '@_CODE'?: string }> };
	};
	const codes = (parsed.STOCK_STATUS?.STOCK_ITEM ?? []).map((item) => item['@_CODE'] ?? '');
	entry.codes = codes;
	store.noteLevelWrite('ImportStockStatus', codes);
	throw new KhaosRefusal('Stock levels are not written through this service');
}

const stockListItem = (item: StockItem, extras: boolean): SoapValue =>
	struct('TStockListItem', {
		...(extras && { StockID: int(item.stockId) }),
		StockCode: text(item.code),
		ParentCode: text(item.parentCode),
		...(extras && { OtherRef: text(item.fields.OTHER_REF ?? ''), StockDesc: text(item.fields.SHORT_DESC ?? '') }),
	});

export const METHODS: Method[] = [
	{ name: 'GetVersion', parameters: [], result: 'string', run: (_, { settings }) => text(settings.version) },
	{
		name: 'ImportStockTSV',
		parameters: [['StockData', 'string']],
		result: 'string',
		codes: ({ StockData }, settings) => parseTable(StockData ?? '', settings).codes,
		rejectsRows: true,
		run: importStock,
	},
	{
		name: 'ExportStock',
		parameters: [
			['StockCode', 'string'],
			['MappingType', 'int'],
			['LastUpdated', 'dateTime'],
		],
		result: 'string',
		codes: ({ StockCode }) => list(StockCode),
		run: (parameters, context) => document(exportedStock(parameters, context)),
	},
	{
		name: 'ExportStockCompressed',
		parameters: [
			['StockCode', 'string'],
			['MappingType', 'int'],
			['LastUpdated', 'dateTime'],
			['CompressionMethod', 'int'],
		],
		result: 'TCompressedResult',
		codes: ({ StockCode }) => list(StockCode),
		run: (parameters, context) => {
			const method = wholeNumber('CompressionMethod', parameters.CompressionMethod, 0);
			if (method !== 0) throw new KhaosRefusal(`Compression method ${method} is not supported`);
			const xml = documentText(exportedStock(parameters, context), context.dialect);
			return struct('TCompressedResult', { Data: bytes(zipSync({ 'ExportStock.xml': strToU8(xml) })) });
		},
	},
	{
		name: 'ExportStockStatus',
		parameters: [
			['StockCodes', 'string'],
			['MappingType', 'int'],
			['LastUpdated', 'dateTime'],
			['SiteID', 'int'],
			['PotentialLeadTime', 'int'],
		],
		result: 'string',
		codes: ({ StockCodes }) => list(StockCodes),
		run: (parameters, { store, settings, entry }) => {
			const found = itemsNamed(store, parameters.StockCodes ?? '', mappingOf(parameters.MappingType));
			const since = sinceOf('LastUpdated', parameters.LastUpdated);
			const exported = exportStockStatus(revised(found, since), settings, wholeNumber('SiteID', parameters.SiteID, -1));
			entry.rows = exported.rows;
			return document(exported.document);
		},
	},
	{
		name: 'ImportStockStatus',
		parameters: [
			['StockStatus', 'string'],
			['MappingType', 'int'],
			['Mode', 'int'],
		],
		result: 'TStockStatusResult',
		run: importLevels,
	},
	{
		name: 'GetStockList',
		parameters: [
			['DateType', 'int'],
			['DateValue', 'dateTime'],
			['StockItemType', 'int'],
		],
		result: 'TStockList',
		run: (parameters, { store, settings, entry }) => {
			const since = sinceOf('DateValue', parameters.DateValue);
			const type = wholeNumber('DateType', parameters.DateType, 0);
			if (![-1, 0, 2].includes(type)) throw new KhaosRefusal(`Date type ${type} is not supported`);
			// By movement (2): nothing moves here, so with a date nothing is listed.
			const items = type === 2 && since !== null ? [] : revised([...store.all()], since);
			entry.rows = items.length;
			return struct('TStockList', {
				Count: int(items.length),
				List: array(
					'TStockListItem',
					items.map((item) => stockListItem(item, settings.stockListExtras)),
				),
			});
		},
	},
	{
		name: 'GetStockPotential',
		parameters: [
			['StockCodes', 'string'],
			['MappingType', 'int'],
		],
		result: 'TStockPotentialArray',
		codes: ({ StockCodes }) => list(StockCodes),
		run: (parameters, { store, entry }) => {
			const items = itemsNamed(store, parameters.StockCodes ?? '', mappingOf(parameters.MappingType));
			entry.rows = items.length;
			return array(
				'TStockPotential',
				items.map((item) =>
					struct('TStockPotential', {
						StockCode: text(item.code),
						OtherRef: text(item.fields.OTHER_REF ?? ''),
						StockDesc: text(item.fields.SHORT_DESC ?? ''),
						Available: int(item.level),
						OnOrder: int(0),
						BackOrder: int(0),
						Potential: int(item.level),
					}),
				),
			);
		},
	},
	{
		name: 'GetHarmonisationCodes',
		parameters: [],
		result: 'THarmonisationArray',
		run: (_, { store, entry }) => {
			const codes = new Map<string, SoapValue[]>();
			for (const item of store.all()) {
				for (const { Code, Duty } of item.harmonisation) {
					const members = codes.get(Code) ?? [];
					members.push(struct('THarmonisationItem', { StockCode: text(item.code), Duty: text(Duty ?? '0') }));
					codes.set(Code, members);
				}
			}
			entry.rows = codes.size;
			return array(
				'THarmonisationCode',
				[...codes].map(([code, items]) =>
					struct('THarmonisationCode', { Code: text(code), StockItems: array('THarmonisationItem', items) }),
				),
			);
		},
	},
	{
		name: 'GetPriceLists',
		parameters: [],
		result: 'TStringArray',
		run: (_, { store }) => array('string', Object.keys(store.priceLists).map(text)),
	},
	{
		name: 'ExportPriceList',
		parameters: [['PriceList', 'string']],
		result: 'string',
		run: ({ PriceList }, { store, entry }) => {
			const exported = exportPriceLists(store, [PriceList ?? '']);
			entry.rows = exported.rows;
			return document(exported.document);
		},
	},
	{
		name: 'ExportPriceListEx',
		parameters: [
			['PriceLists', 'string'],
			['PriceListType', 'int'],
		],
		result: 'string',
		run: ({ PriceLists }, { store, entry }) => {
			const names = list(PriceLists);
			const exported = exportPriceLists(store, names.length ? names : Object.keys(store.priceLists));
			entry.rows = exported.rows;
			return document(exported.document);
		},
	},
	{
		name: 'GetSiteList',
		parameters: [],
		result: 'TSiteArray',
		run: (_, { settings }) =>
			array(
				'TSite',
				settings.sites.map(({ id, name }) => struct('TSite', { SiteID: int(id), SiteName: text(name) })),
			),
	},
	{
		name: 'GetManufacturer',
		parameters: [],
		result: 'TStringArray',
		run: (_, { store }) => {
			const names = new Set<string>();
			for (const { fields } of store.all()) if (fields.MANUFACTURER) names.add(fields.MANUFACTURER);
			return array('string', [...names].sort().map(text));
		},
	},
];

export const METHOD_BY_NAME = new Map(METHODS.map((method) => [method.name, method]));
