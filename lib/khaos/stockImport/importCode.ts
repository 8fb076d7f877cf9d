import { cellText } from './stockTable';

const LONGEST = 50;
/** What the cloud's import maps document (contract 3.1, 6). */
const LONGEST_IN_CLOUD = 30;

/** Why a stock code can't stand in an import file, as the end of a sentence; null where it can (contract 9). */
export function invalidCode(stockCode: string): { reason: string; remedy: string } | null {
	const code = stockCode.trim();
	if (code === '') return { reason: 'has no stock code', remedy: 'Give the product a stock code.' };
	if (cellText(code) !== code) {
		return {
			reason: `${cellText(code)} holds a tab, a line break or another control character`,
			remedy: 'Type the code again, without it.',
		};
	}
	if (code.includes('#'))
		return { reason: `${code} holds a #, which Khaos doesn't support`, remedy: 'Take the # out of the code.' };
	if (code.length > LONGEST) {
		return { reason: `${code} has ${code.length} characters; Khaos takes ${LONGEST}`, remedy: 'Shorten the code.' };
	}
	return null;
}

/** Whether the cloud's documented import maps take a code only in part. */
export const isLongForCloud = (stockCode: string): boolean => stockCode.trim().length > LONGEST_IN_CLOUD;
export { LONGEST_IN_CLOUD };
