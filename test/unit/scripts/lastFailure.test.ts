import { lastFailure } from '../../../scripts/lastFailure';

const said = async (data: unknown): Promise<string | null> =>
	await lastFailure({ executions: async () => await Promise.resolve([{ id: '7', status: 'error', data }]) });

describe('what the last failed execution said', () => {
	test('is its message and remedy, with the node that failed', async () => {
		const error = {
			message: 'Reading the list of products failed.',
			description: 'Check the Base URL.',
			node: { name: 'Pimberly Trigger', parameters: {} },
		};
		expect(await said({ resultData: { runData: {}, error } })).toBe(
			'Pimberly Trigger: Reading the list of products failed. Check the Base URL.',
		);
	});

	test('is its message alone where there is no more', async () => {
		expect(await said({ resultData: { error: { message: 'Out of memory', description: null } } })).toBe(
			'Out of memory',
		);
	});

	test('is nothing where none failed, n8n is gone, or it says it in another way', async () => {
		expect(await lastFailure({ executions: async () => await Promise.resolve([]) })).toBeNull();
		expect(await lastFailure({ executions: async () => await Promise.reject(new Error('gone')) })).toBeNull();
		expect(await said(undefined)).toBeNull();
	});
});
