// One project a kind of test: `jest --selectProjects unit ledger contract nodes simulation n8n`.
const swc = [
	'@swc/jest',
	{ jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' }, module: { type: 'commonjs' }, sourceMaps: 'inline' },
];
const project = (name, extra = {}) => ({
	displayName: name,
	rootDir: __dirname,
	testEnvironment: 'node',
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	transform: { '^.+\\.ts$': swc },
	modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/\\.cache'],
	...extra,
});

module.exports = {
	projects: [project('unit'), project('ledger', {
			globalSetup: '<rootDir>/test/ledger/postgres.mjs',
			globalTeardown: '<rootDir>/test/ledger/stopPostgres.mjs',
		}), project('contract'), project('nodes'), project('simulation'), project('n8n')],
	// Two cores are what the smallest machine that runs this has.
	maxWorkers: 2,
	testTimeout: 30_000,
};
