import { NodeOperationError, type IExecuteFunctions } from 'n8n-workflow';

/**
 * The text of a parameter that has to hold one. n8n sees to that where it is typed; an expression may give nothing all the same.
 *
 * @throws NodeOperationError naming the parameter and the item
 */
export function requiredText(
	context: IExecuteFunctions,
	{ name, displayName }: { name: string; displayName: string },
	itemIndex: number,
): string {
	const text = String(context.getNodeParameter(name, itemIndex, '') ?? '').trim();
	if (text !== '') return text;
	throw new NodeOperationError(context.getNode(), `${displayName} is empty`, {
		itemIndex,
		description: `Fill in '${displayName}'. Where it is an expression, the item has no such field.`,
	});
}
