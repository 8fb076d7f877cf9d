import { z } from 'zod';
import type { Side } from './callLog';

export const FAULT_KINDS = [
	'fault',
	'http500',
	'html500',
	'timeout',
	'drop',
	'applyThenDrop',
	'rejectRow',
	'truncate',
	'401',
	'429',
	'503',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

const kindSchema = z.union([z.number().transform(String), z.string()]).pipe(z.enum(FAULT_KINDS));

export const faultRuleSchema = z
	.object({
		side: z.enum(['pimberly', 'khaos']),
		/** The SOAP method, or the Pimberly route or one of its short names; left out: every call of the side. */
		method: z.string().min(1).optional(),
		/** Only calls that hold one of these codes or primary ids; for `rejectRow` only those rows. */
		codes: z.array(z.string()).min(1).optional(),
		kind: kindSchema,
		message: z.string().optional(),
		/** Seconds, for the Retry-After header of 429 and 503. */
		retryAfter: z.number().nonnegative().optional(),
		/** How often it strikes; left out: until it is deleted. */
		times: z.number().int().positive().optional(),
		/** 7: one matching call in seven. */
		every: z.number().int().positive().optional(),
		/** How long a `timeout` hangs before the connection is dropped. */
		hangMs: z.number().int().positive().optional(),
		/** Whether the call takes effect all the same; left out: with `applyThenDrop` and `truncate` only. */
		apply: z.boolean().optional(),
	})
	.strict();
export type FaultRule = z.infer<typeof faultRuleSchema>;

export const faultRulesSchema = z.union([z.array(faultRuleSchema), faultRuleSchema.transform((rule) => [rule])]);

/** The Retry-After header: as the rule says, else one second with a 429 and none with others. */
export function retryAfter(kind: FaultKind, rule: FaultRule): Record<string, string> {
	const seconds = rule.retryAfter ?? (kind === '429' ? 1 : undefined);
	return seconds === undefined ? {} : { 'Retry-After': String(seconds) };
}

interface ActiveRule {
	id: number;
	rule: FaultRule;
	method: string | null;
	codes: Set<string> | null;
	/** Matching calls so far. */
	seen: number;
	/** How often it struck. */
	struck: number;
}

/**
 * `PUT /core/products/{primaryId}/` -> `PUT /products/{}`. A word alone stays as it is, so that `GET` (every reading call)
 * and `get` (the single product) differ.
 */
const normalMethod = (method: string): string =>
	method
		.trim()
		.replace(/^(get|put|post|delete)\s+\/?(?:core|api\/v2\.2)?\/*/i, (_, verb: string) => `${verb.toUpperCase()} /`)
		.replace(/\{[^}]*\}/g, '{}')
		.replace(/(.)\/+$/, '$1');

/** The faults that are to be injected. */
export class Faults {
	private rules: ActiveRule[] = [];

	private nextId = 1;

	add(rules: FaultRule[]): void {
		for (const rule of rules) {
			this.rules.push({
				id: this.nextId++,
				rule,
				method: rule.method === undefined ? null : normalMethod(rule.method),
				codes: rule.codes ? new Set(rule.codes.map((code) => code.trim().toUpperCase())) : null,
				seen: 0,
				struck: 0,
			});
		}
	}

	clear(): void {
		this.rules = [];
	}

	list(): Array<FaultRule & { id: number; seen: number; struck: number }> {
		return this.rules.map(({ id, rule, seen, struck }) => ({ id, ...rule, seen, struck }));
	}

	/**
	 * The fault that strikes a call, if any. Every matching rule counts the call. Where several are due at once the one
	 * that struck least takes its turn, so that all kinds at `every: 7` together still strike one call in seven.
	 * @param names the method and its short names
	 * @param codes asked for only when a rule looks at codes
	 * @param rejectsRows whether the method has rows that can be refused alone; `only`: nothing but that is asked for
	 */
	strike(side: Side, names: string[], codes: () => string[], rejectsRows: boolean | 'only'): FaultRule | null {
		if (!this.rules.length) return null;
		const normal = names.map(normalMethod);
		let held: Set<string> | null = null;
		let chosen: ActiveRule | null = null;
		for (const active of this.rules) {
			const { rule } = active;
			if (rule.side !== side) continue;
			if (rule.times !== undefined && active.struck >= rule.times) continue;
			if (rule.kind === 'rejectRow' ? rejectsRows === false : rejectsRows === 'only') continue;
			if (active.method !== null && !normal.includes(active.method)) continue;
			if (active.codes) {
				held ??= new Set(codes().map((code) => code.trim().toUpperCase()));
				if (![...active.codes].some((code) => held?.has(code))) continue;
			}
			active.seen += 1;
			if (active.seen % (rule.every ?? 1) !== 0) continue;
			if (!chosen || active.struck < chosen.struck) chosen = active;
		}
		if (!chosen) return null;
		chosen.struck += 1;
		return chosen.rule;
	}
}
