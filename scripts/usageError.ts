/** The command line asks for something that can't be. The message says what is supported. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
}
