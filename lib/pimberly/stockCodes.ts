import { keyOf } from '../shapes';
import type { PimberlyClient, Row } from './client';
import { primaryIdOf } from './product';

/** Which stock codes Pimberly's products have. */
export interface StockCodes {
	/** Primary ids by the key of the stock code. */
	byKey: Map<string, string>;
	primaryIds: Set<string>;
}

const textOf = (value: unknown): string => {
	const only: unknown = Array.isArray(value) ? value[0] : value;
	return typeof only === 'string' ? only.trim() : typeof only === 'number' ? String(only) : '';
};

/**
 * The stock codes of all products that the token shows. `attribute`: the API name that holds the code; '' where it is the
 * primary id, which takes the smaller answers.
 * @throws PimberlyError
 */
export async function stockCodesOf(client: PimberlyClient, attribute: string): Promise<StockCodes> {
	const codes: StockCodes = { byKey: new Map(), primaryIds: new Set() };
	for await (const row of client.listRows({ idsOnly: attribute === '', limit: 250 })) {
		const primaryId = primaryIdOf(row);
		if (primaryId === '') continue;
		codes.primaryIds.add(primaryId);
		const code = codeOf(row, attribute, primaryId);
		if (code !== '') codes.byKey.set(keyOf(code), primaryId);
	}
	return codes;
}

const codeOf = (row: Row, attribute: string, primaryId: string): string =>
	attribute === '' ? primaryId : textOf(row[attribute]);
