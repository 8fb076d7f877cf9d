import type { NodeExecutionHint } from 'n8n-workflow';
import type { Mapped } from '../../lib/catalogue/mapProduct';

/** What the user should know about a run, in a line or two: how many products were rejected and for which fields. */
export function hintsOf(mapped: Mapped[]): NodeExecutionHint[] {
	const all = mapped.flatMap((one) => ('rejection' in one ? [one.rejection] : []));
	const partly = all.filter(({ unaffected = [] }) => unaffected.some(({ kind }) => kind === 'stockItem'));
	const rejections = all.filter((one) => !partly.includes(one));
	const warned = mapped.flatMap((one) =>
		'changes' in one ? one.changes.filter(({ warnings }) => warnings.length > 0) : [],
	);
	const hints: NodeExecutionHint[] = [];
	if (rejections.length > 0) {
		const fields = rejections.flatMap(({ reasons }) => [...new Set(reasons.map(({ field }) => field))]);
		hints.push({
			message: `${products(rejections.length)} rejected (${counted(fields)}). The Rejected output says why, and what to do.`,
			type: 'warning',
			location: 'outputPane',
		});
	}
	if (partly.length > 0) {
		const fields = partly.flatMap(({ reasons }) => [...new Set(reasons.map(({ field }) => field))]);
		hints.push({
			message: `${products(partly.length)} sent without a price (${counted(fields)}). The Rejected output says why, and carries the rest of them.`,
			type: 'warning',
			location: 'outputPane',
		});
	}
	if (warned.length > 0) {
		const fields = warned.flatMap(({ warnings }) => [...new Set(warnings.map(({ field }) => field))]);
		hints.push({ message: `${products(warned.length)} with warnings (${counted(fields)}).`, location: 'outputPane' });
	}
	return hints;
}

const products = (count: number): string => `${count} ${count === 1 ? 'product' : 'products'}`;

/** `sellPrice 2, itemName 1`: the fields that are concerned most often first. */
function counted(fields: string[]): string {
	const counts = new Map<string, number>();
	for (const field of fields) counts.set(field, (counts.get(field) ?? 0) + 1);
	const sorted = [...counts].sort(([, one], [, other]) => other - one);
	const named = sorted.slice(0, 4).map(([field, count]) => `${field} ${count}`);
	return sorted.length > 4 ? `${named.join(', ')} and others` : named.join(', ');
}
