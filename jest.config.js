// One project a kind of test: `jest --selectProjects unit ledger contract nodes long simulation n8n`. What takes its time
// (processes, restarts, long random scripts) and needs no n8n is named *.long.test.ts, beside the others of its kind.
const LONG = '\\.long\\.test\\.ts$';
const swc = [
	'@swc/jest',
	{
		jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' },
		module: { type: 'commonjs' },
		sourceMaps: 'inline',
	},
];
const project = (name, extra = {}) => ({
	displayName: name,
	rootDir: __dirname,
	testEnvironment: 'node',
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	transform: { '^.+\\.ts$': swc },
	testPathIgnorePatterns: ['/node_modules/', LONG],
	modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/\\.cache'],
	...extra,
});

const POSTGRES = {
	globalSetup: '<rootDir>/test/ledger/postgres.mjs',
	globalTeardown: '<rootDir>/test/ledger/stopPostgres.mjs',
};

module.exports = {
	projects: [
		project('unit'),
		project('ledger', POSTGRES),
		project('contract'),
		project('nodes'),
		project('long', {
			...POSTGRES,
			testMatch: ['<rootDir>/test/**/*.long.test.ts'],
			testPathIgnorePatterns: ['/node_modules/'],
		}),
		project('simulation'),
		project('n8n'),
	],
	// Two cores are what the smallest machine that runs this has.
	maxWorkers: 2,
	testTimeout: 30_000,
};
