import { z } from 'zod';
import type { N8nApi } from './n8nApi';

const failedSchema = z.object({
	resultData: z.object({
		error: z.object({
			message: z.string(),
			description: z.string().nullish(),
			node: z.object({ name: z.string() }).nullish(),
		}),
	}),
});

/** What the latest failed execution said, with the node that said it; null where none failed, or n8n can't be asked any more. */
export async function lastFailure(api: Pick<N8nApi, 'executions'>): Promise<string | null> {
	const failed = await api.executions({ status: 'error', limit: 1, includeData: true }).catch(() => []);
	const read = failedSchema.safeParse(failed[0]?.data);
	if (!read.success) return null;
	const { message, description, node } = read.data.resultData.error;
	const said = [message, description ?? ''].filter((text) => text !== '').join(' ');
	return node ? `${node.name}: ${said}` : said;
}
