import { big, type Migration } from './migration';

/** What the last health check judged by, for every page that shows the sync's health. */
export const healthLimits: Migration = {
	number: 8,
	statements: (dialect) => [
		`CREATE TABLE health_limits (
			environment_id ${big(dialect)} PRIMARY KEY,
			limits TEXT NOT NULL
		)`,
	],
};
