import type { CatalogueProduct } from './catalogue';

/**
 * Products that a real catalogue has now and then and that can't reach Khaos as they are: each contradicts itself or
 * another product. They stand beside those of a generated catalogue, which they leave as they are.
 */
export function contradictoryProducts(others: CatalogueProduct[]): CatalogueProduct[] {
	const like = others.find(({ attributes }) => attributes.productType === 'Simple');
	const kit = others.find(({ attributes }) => attributes.productType === 'Bundle');
	const parent = others.find(({ attributes }) => attributes.productType === 'VariantParent');
	if (like === undefined) throw new Error('Contradictory products are made after a simple one: ask for one at least.');
	const product = (
		primaryId: string,
		attributes: CatalogueProduct['attributes'],
		relations: Partial<Pick<CatalogueProduct, 'parents' | 'items'>> = {},
	): CatalogueProduct => {
		const own: CatalogueProduct['attributes'] = {
			...like.attributes,
			itemName: `${String(like.attributes.itemName)} (${primaryId})`,
			...attributes,
		};
		delete own.barcode;
		return { primaryId, classes: like.classes, parents: [], items: [], ...relations, attributes: own };
	};
	return [
		product('SET-MISSING-PART', { productType: 'Bundle', components: `${like.primaryId}*1|NOT-IN-THE-CATALOGUE*2` }),
		product('SET-EMPTY', { productType: 'Bundle' }),
		product('SET-NO-QUANTITY', { productType: 'Bundle', components: `${like.primaryId}*` }),
		...(kit === undefined
			? []
			: [product('SET-OF-SETS', { productType: 'Bundle', components: `${kit.primaryId}*1|${like.primaryId}*1` })]),
		product('VARIANT-ALONE', { productType: 'Variant' }),
		...(parent === undefined
			? []
			: [
					product(
						'VARIANT-WITH-ITEMS',
						{ productType: 'Variant', colour: 'Puce', size: 'M' },
						{ parents: [parent.primaryId], items: ['VARIANT-BELOW'] },
					),
					// A feed row says nothing of items, so by that token it is this one that shows it.
					product('VARIANT-BELOW', { productType: 'Variant' }, { parents: ['VARIANT-WITH-ITEMS'] }),
				]),
		product('PRICE-ON-APPLICATION', { productType: 'Simple', tradePrice: 'POA' }),
	];
}
