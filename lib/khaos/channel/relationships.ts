import { keyOf, type DesiredKit, type DesiredStockItem } from '../../shapes';
import { Decimal, Several, type Members } from './document';

const texts = (values: string[]): Several => new Several('string', values);

/**
 * An item's place in a size/colour/style family (khaos-control-api 4.5); null: it has none that the channel is to tell.
 * @param parentKey the key of the parent, where the record itself names the parent's product only
 */
export function familyRelationship(desired: DesiredStockItem, parentKey: string | null): Members | null {
	const { scs } = desired;
	if (scs === undefined || scs.by !== 'channel') return null;
	const StockID = keyOf(desired.stockCode);
	if (scs.values.length === 0) return { StockID, SCSParent: { Headings: texts(scs.headings) } };
	const parent = keyOf(scs.parentCode) || parentKey || desired.parentKey || '';
	if (parent === '') return null;
	return {
		StockID,
		SCSChild: {
			ParentStockID: parent,
			SCSValues: texts(scs.values),
			// As in every sample of the vendor; its table of members has it in the singular.
			SCSDescriptions: texts(scs.descriptions),
		},
	};
}

/**
 * A pack or a build (khaos-control-api 4.5). Without components the relation is removed: `None` and an empty list, never
 * `None` with items. A relation that isn't mentioned at all stays as it is.
 */
export function kitRelationship(kit: DesiredKit): Members {
	const StockID = keyOf(kit.stockCode);
	if (kit.components.length === 0) return { StockID, PackType: 'None', PackItems: new Several('PackItem', []) };
	return {
		StockID,
		PackType: kit.relation === 'build' ? 'Build' : 'Pack',
		PackItems: new Several(
			'PackItem',
			kit.components.map(({ stockCode, quantity }) => ({
				LinkedStockID: keyOf(stockCode),
				Quantity: new Decimal(quantity),
				ValueProportion: new Decimal('0'),
			})),
		),
	};
}
