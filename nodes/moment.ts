import { NodeOperationError, type IExecuteFunctions, type IPollFunctions } from 'n8n-workflow';
import { DateTime } from 'luxon';

/** What is known of a date that a parameter holds. */
export interface GivenDate {
	/** The parameter, as the canvas calls it. */
	name: string;
	/** A text, or what an expression made of it: n8n's own dates, or JavaScript's. */
	value: unknown;
	itemIndex?: number;
}

/**
 * The moment that a date on the canvas means, in UTC: dates without a zone are in the workflow's.
 *
 * @returns an ISO text; null where nothing is given
 * @throws NodeOperationError for what is no date, naming the parameter
 */
export function momentOf(
	context: IExecuteFunctions | IPollFunctions,
	{ name, value, itemIndex }: GivenDate,
): string | null {
	if (value === '' || value === null || value === undefined) return null;
	const moment = dateTimeOf(value, context.getTimezone());
	const iso = moment.isValid ? moment.toUTC().toISO() : null;
	if (iso !== null) return iso;
	throw new NodeOperationError(context.getNode(), `${name} “${String(value)}” is not a date`, {
		description: `Choose a date for ${name}, or give one as 2026-03-31T09:00:00.`,
		...(itemIndex === undefined ? {} : { itemIndex }),
	});
}

function dateTimeOf(value: unknown, zone: string): DateTime {
	if (DateTime.isDateTime(value)) return value;
	if (value instanceof Date) return DateTime.fromJSDate(value);
	const text = String(value).trim();
	const iso = DateTime.fromISO(text, { zone });
	// The date picker of some versions of n8n writes a space for the T.
	return iso.isValid ? iso : DateTime.fromSQL(text, { zone });
}
