import { configWithoutCloudSupport } from '@n8n/node-cli/eslint';

export default [
	{ ignores: ['dist/**', 'node_modules/**', '.cache/**', 'coverage/**'] },
	...configWithoutCloudSupport,
	{
		// The package contract is about what is published: tools and tests may print, use anything and start processes, and
		// have no node to raise an error for.
		files: ['simulators/**/*.ts', 'scripts/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts'],
		rules: {
			'no-console': 'off',
			'@n8n/community-nodes/no-restricted-imports': 'off',
			'@n8n/community-nodes/no-restricted-globals': 'off',
			'@n8n/community-nodes/no-dangerous-functions': 'off',
			'@n8n/community-nodes/require-node-api-error': 'off',
		},
	},
	{
		files: ['package.json'],
		rules: {
			// Well-kept libraries for XML, decimals, dates and checking; CONTRIBUTING.md says why each. Bundling them would only hide them.
			'@n8n/community-nodes/no-runtime-dependencies': 'off',
			// The contributors share neither an e-mail address nor a public home page yet.
			'@n8n/community-nodes/valid-author': 'off',
			'@n8n/community-nodes/require-homepage': 'off',
		},
	},
	{
		// lib/ runs without n8n and has errors of its own; the nodes turn them into NodeOperationError and NodeApiError.
		files: ['lib/**/*.ts'],
		rules: { '@n8n/community-nodes/require-node-api-error': 'off' },
	},
];
