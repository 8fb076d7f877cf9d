import { XMLParser } from 'fast-xml-parser';
import type { Catalogue } from '../../../simulators/catalogue';

/** A small shop: a family whose variants come before their parent, a lamp with a slash in its code, and a set of both. */
export const SHOP: Catalogue = {
	attributeTypes: {
		costPrice: 'currency',
		readyForErp: 'boolean',
		material: 'multiSelect',
		launchDate: 'date',
		khaosStatus: 'text',
	},
	products: [
		{
			primaryId: 'TEE-RED',
			classes: ['Clothing/Tees'],
			parents: ['TEE'],
			items: [],
			attributes: { itemName: 'Tee, red', costPrice: '4.20', readyForErp: 'true', colour: 'Red', note: '' },
		},
		{
			primaryId: 'TEE-BLUE',
			classes: ['Clothing/Tees'],
			parents: ['TEE'],
			items: [],
			attributes: { itemName: 'Tee, blue', costPrice: '4.20', readyForErp: 'false', colour: 'Blue' },
		},
		{
			primaryId: 'TEE',
			classes: ['Clothing/Tees'],
			parents: [],
			items: [],
			attributes: { itemName: 'Tee', readyForErp: 'true', material: ['Cotton', 'CoolTech&trade;'] },
		},
		{
			primaryId: 'LAMP/12 V',
			classes: [],
			parents: [],
			items: [],
			attributes: { itemName: 'Lamp', costPrice: '12.50', readyForErp: 'true' },
		},
		{ primaryId: 'SET-1', classes: [], parents: [], items: [], attributes: { itemName: 'Set', readyForErp: 'true' } },
	],
};

/** A stock row that Khaos takes. */
export const row = (code: string, more: Record<string, string> = {}): Record<string, string> => ({
	STOCK_CODE: code,
	CONTROLLED: '-1',
	SHORT_DESC: `${code} description`,
	STOCK_TYPE1: 'Clothing',
	STOCK_TYPE2: 'Tees',
	BUY_PRICE: '4.20',
	SELL_PRICE: '9.99',
	TAX_CODE: '1',
	...more,
});

/** Rows as the table of ImportStockTSV: the header is the first row's. */
export const table = (...rows: Array<Record<string, string>>): string => {
	const names = Object.keys(rows[0] ?? {});
	return [names.join('\t'), ...rows.map((cells) => names.map((name) => cells[name] ?? '').join('\t'))].join('\n');
};

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/\t/g, '&#9;');

export interface SoapAnswer {
	status: number;
	contentType: string;
	body: string;
	/** The text of `return`; '' where it holds elements. */
	result: string;
	/** The text of a fault. */
	fault: string | null;
}

const reader = new XMLParser({
	ignoreAttributes: false,
	removeNSPrefix: true,
	parseTagValue: false,
	trimValues: false,
	htmlEntities: true,
});

const member = (node: unknown, ...names: string[]): unknown =>
	names.reduce<unknown>(
		(at, name) => (at !== null && typeof at === 'object' ? (at as Record<string, unknown>)[name] : undefined),
		node,
	);

const textOf = (node: unknown): string => {
	const text = typeof node === 'string' ? node : member(node, '#text');
	return typeof text === 'string' ? text : '';
};

/** Call a method as the contract's section 12 shows it, with nothing of our own client in between. */
export async function call(
	khaosUrl: string,
	method: string,
	parameters: Record<string, string> = {},
	headers: Record<string, string> = {},
): Promise<SoapAnswer> {
	const parts = Object.entries(parameters).map(
		([name, value]) => `<${name} xsi:type="xsd:string">${escaped(value)}</${name}>`,
	);
	const response = await fetch(`${khaosUrl}/soap/IKosWeb`, {
		method: 'POST',
		headers: {
			'Content-Type': 'text/xml; charset=utf-8',
			SOAPAction: `"urn:IKosWebIntf-IKosWeb#${method}"`,
			...headers,
		},
		body: `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:urn="urn:IKosWebIntf-IKosWeb"><soapenv:Body><urn:${method} soapenv:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">${parts.join('')}</urn:${method}></soapenv:Body></soapenv:Envelope>`,
	});
	const body = await response.text();
	const contentType = response.headers.get('content-type') ?? '';
	const soap = contentType.startsWith('text/xml') ? member(reader.parse(body), 'Envelope', 'Body') : undefined;
	const fault = member(soap, 'Fault', 'faultstring');
	return {
		status: response.status,
		contentType,
		body,
		result: textOf(member(soap, `${method}Response`, 'return')),
		fault: fault === undefined ? null : textOf(fault),
	};
}

export const importRows = async (khaosUrl: string, ...rows: Array<Record<string, string>>): Promise<SoapAnswer> =>
	await call(khaosUrl, 'ImportStockTSV', { StockData: table(...rows) });

export const exportCodes = async (khaosUrl: string, ...codes: string[]): Promise<SoapAnswer> =>
	await call(khaosUrl, 'ExportStock', {
		StockCode: codes.join(','),
		MappingType: '1',
		LastUpdated: '1899-12-31T00:00:00',
	});

/** A control call. */
export async function control<T = unknown>(
	controlUrl: string,
	method: string,
	path: string,
	body?: unknown,
): Promise<{ status: number; body: T }> {
	const response = await fetch(controlUrl + path, {
		method,
		...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
	});
	return { status: response.status, body: (await response.json()) as T };
}
