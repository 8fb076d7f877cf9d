import type { KhaosClient } from '../webServices/client';
import { readingOf } from './stockExport';
import { resultDocument } from '../webServices/soap';
import { childOf, walk, XmlError, type XmlElement } from '../webServices/xml';

/** A site that Khaos holds stock at. */
export interface Site {
	siteId: string;
	name: string;
}

function sitesIn(result: XmlElement): Site[] {
	const document = resultDocument(result);
	if (document === null) return [];
	const sites = [...walk(document)].flatMap((element) => {
		const siteId = childOf(element, 'SiteID')?.text.trim();
		return siteId ? [{ siteId, name: childOf(element, 'SiteName')?.text.trim() ?? '' }] : [];
	});
	if (sites.length === 0 && [...walk(document)].some((element) => element.text.trim() !== '')) {
		throw new XmlError(`it holds no sites in a shape that is known (its root is ${document.name})`);
	}
	return sites;
}

/**
 * GetSiteList: the sites that stock is held at (contract 2.4).
 *
 * Throws KhaosFault and KhaosUnknownOutcome.
 */
export async function getSiteList(client: KhaosClient): Promise<Site[]> {
	const result = await client.call('GetSiteList', []);
	return readingOf('GetSiteList', () => sitesIn(result));
}
