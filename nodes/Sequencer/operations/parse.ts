import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import type { z } from 'zod';

/**
 * Items as one of the shapes that travel between the nodes.
 * @throws NodeOperationError naming the item, what is wrong with it and which node makes such items.
 */
export function parseItems<T extends z.ZodTypeAny>(
	context: IExecuteFunctions,
	items: INodeExecutionData[],
	schema: T,
	what: string,
	madeBy: string,
): Array<z.output<T>> {
	return items.map((item, itemIndex) => {
		const parsed = schema.safeParse(item.json);
		if (parsed.success) return parsed.data as z.output<T>;
		const issue = parsed.error.issues[0];
		throw new NodeOperationError(context.getNode(), `This item is not ${what}`, {
			itemIndex,
			description: `${issue ? `${issue.path.join('.') || 'The item'}: ${issue.message}. ` : ''}Connect ${madeBy} to this node, and keep its fields as they come.`,
		});
	});
}
