import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { eachItem, type EachItem } from './eachItem';

/**
 * Answers what the input items ask for by their parameters. Items that ask the same get one answer, paired with the first of
 * them: a list that needs nothing of its input is not repeated for each item of it.
 *
 * @param questionOf what an item asks for, as plain values
 */
export async function onceEach<Question>(
	context: IExecuteFunctions,
	errorOf: EachItem['errorOf'],
	questionOf: (itemIndex: number) => Question,
	answer: (question: Question) => Promise<IDataObject[]>,
): Promise<INodeExecutionData[]> {
	const asked = new Set<string>();
	return await eachItem(context, { parallel: 1, errorOf }, async (itemIndex) => {
		const question = questionOf(itemIndex);
		const written = JSON.stringify(question);
		if (asked.has(written)) return [];
		asked.add(written);
		return await answer(question);
	});
}
