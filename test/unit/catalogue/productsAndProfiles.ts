import { parseProfile } from '../../../lib/catalogue/checkProfile';
import { DEMO_MAPPING } from '../../../lib/catalogue/demoMapping';
import { mapProduct, type Mapped } from '../../../lib/catalogue/mapProduct';
import type { MappingProfile, MappingProfileInput } from '../../../lib/catalogue/profile';
import type { Change, DesiredStockItem, Product, Rejection } from '../../../lib/shapes';

/** A product of the demo account that nothing is wrong with. */
export const lamp = (attributes: Record<string, unknown> = {}, rest: Partial<Product> = {}): Product => ({
	primaryId: 'LAMP-001',
	internalId: '65f1c0ffee00000000000002',
	dateUpdated: '2026-08-12T10:15:22.431Z',
	parents: [],
	items: [],
	classes: ['Lighting/Desk Lamps'],
	attributes: {
		itemName: 'Oak Desk Lamp',
		longDescription: '<p>Made of oak.</p>',
		productType: 'Simple',
		stockType1: 'Lighting',
		stockType2: 'Desk Lamps',
		costPrice: '12.50',
		sellPrice: '29.99',
		taxCode: '1',
		weightKg: '1.40',
		barcode: '5012345678900',
		commodityCode: '94052190',
		countryOfOrigin: 'GB',
		brand: 'Luma',
		stockControlled: 'true',
		discontinued: 'false',
		...attributes,
	},
	emission: 'scan-7',
	...rest,
});

type Field = MappingProfileInput['fields'][number];

/** The demo mapping, with some of its fields set otherwise or further ones added. */
export function demoWith(
	fields: Array<Partial<Field> & Pick<Field, 'column'>> = [],
	rest: Partial<MappingProfileInput> = {},
): MappingProfile {
	const all: Field[] = [...DEMO_MAPPING.fields];
	for (const field of fields) {
		const at = all.findIndex(({ column }) => column === field.column);
		const mapped = { ...all[at], ...field } as Field;
		if (at < 0) all.push(mapped);
		else all[at] = mapped;
	}
	return parseProfile({ ...DEMO_MAPPING, ...rest, fields: all });
}

export const demo = demoWith();

export function changeFor(product: Product, profile: MappingProfile = demo): Change & { desired: DesiredStockItem } {
	const mapped = mapProduct(product, profile);
	if (!('changes' in mapped)) throw new Error(`rejected: ${JSON.stringify(mapped.rejection.reasons)}`);
	return mapped.changes[0] as Change & { desired: DesiredStockItem };
}

export function rejectionFor(product: Product, profile: MappingProfile = demo): Rejection {
	const mapped: Mapped = mapProduct(product, profile);
	if (!('rejection' in mapped)) throw new Error('accepted, though it should have been rejected');
	return mapped.rejection;
}
