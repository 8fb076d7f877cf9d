import { configWithoutCloudSupport } from '@n8n/node-cli/eslint';

export default [
	{ ignores: ['dist/**', 'node_modules/**', '.cache/**', 'coverage/**'] },
	...configWithoutCloudSupport,
	{
		// The package contract is about what is published: tools and tests may print and may use anything.
		files: ['simulators/**/*.ts', 'scripts/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts'],
		rules: { 'no-console': 'off', '@n8n/community-nodes/no-restricted-imports': 'off', '@n8n/community-nodes/no-restricted-globals': 'off' },
	},
];
