import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * What ends a call to Khaos early. It goes with the call from the gate that it went through down to the request, past everything in
 * between, which neither knows nor decides how long the gate is held.
 */
const ends = new AsyncLocalStorage<AbortSignal>();

/** Make a call that ends when the signal says so. */
export const endingWith = async <T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> =>
	await ends.run(signal, call);

/** The end of the call that is being made here; undefined where nothing ends it but its own timeout. */
export const endOfThisCall = (): AbortSignal | undefined => ends.getStore();
