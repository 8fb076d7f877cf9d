import { NodeOperationError, type INode } from 'n8n-workflow';
import { ZodError } from 'zod';

/**
 * An error of no service, as n8n shows it. A parameter whose expression gives something that it can't be is named, with what
 * it may be.
 */
export function operationErrorOf(node: INode, error: unknown, itemIndex?: number): NodeOperationError {
	if (error instanceof NodeOperationError) return error;
	if (!(error instanceof ZodError)) {
		return new NodeOperationError(node, error instanceof Error ? error : new Error(String(error)), { itemIndex });
	}
	const [issue] = error.issues;
	const where = issue?.path.join(' > ') ?? '';
	return new NodeOperationError(
		node,
		`A parameter has a value that it can't have${where === '' ? '' : ` (${where})`}`,
		{
			itemIndex,
			description: `${issue?.message ?? 'Unknown'}. Choose from the list, or correct the expression.`,
		},
	);
}
