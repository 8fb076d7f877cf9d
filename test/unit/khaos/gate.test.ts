import { KhaosFault, KhaosUnknownOutcome } from '../../../lib/khaos/webServices/fault';
import { KhaosLine } from '../../../lib/khaos/delivery/khaosLine';
import { throughProcessGate } from '../../../lib/khaos/delivery/processGate';
import { processPort } from '../../../lib/khaos/delivery/processPort';

describe('the gate of a process', () => {
	test('one call is in flight at a time to one Khaos, the most urgent lane first', async () => {
		const order: string[] = [];
		let inFlight = 0;
		const call = (name: string) => async () => {
			expect(++inFlight).toBe(1);
			await new Promise((resolve) => setImmediate(resolve));
			order.push(name);
			inFlight--;
		};
		await Promise.all([
			throughProcessGate('one', 4, call('first')),
			throughProcessGate('one', 4, call('description')),
			throughProcessGate('one', 1, call('price')),
			throughProcessGate('one', 2, call('launch')),
			throughProcessGate('one', 1, call('second price')),
		]);
		expect(order).toEqual(['first', 'price', 'second price', 'launch', 'description']);
	});

	test('a call that fails lets the next one in; another Khaos has a gate of its own', async () => {
		await expect(throughProcessGate('two', 1, async () => await Promise.reject(new Error('no')))).rejects.toThrow('no');
		expect(await throughProcessGate('two', 1, async () => await Promise.resolve('in'))).toBe('in');
		const never = throughProcessGate('three', 1, async () => await new Promise<never>(() => undefined));
		expect(await throughProcessGate('four', 1, async () => await Promise.resolve('in'))).toBe('in');
		void never;
	});

	test('without a ledger nothing is certain, so everything is read before it is written', async () => {
		const port = processPort('five', () => 0);
		expect(await port.uncertain(['LAMP'])).toEqual(new Set(['LAMP']));
		expect(await port.stockListAge()).toBeNull();
	});
});

describe('the line to a Khaos that fails', () => {
	const line = () => {
		const slept: number[] = [];
		const sleep = async (ms: number) => {
			slept.push(ms);
			await Promise.resolve();
		};
		return {
			line: new KhaosLine(
				processPort('line', () => 0),
				sleep,
			),
			slept,
		};
	};
	const failing = (...errors: Error[]) => {
		let calls = 0;
		const call = async () => {
			const error = errors[Math.min(calls++, errors.length - 1)]!;
			return await Promise.reject(error);
		};
		return { call, count: () => calls };
	};
	const fault = new KhaosFault('fault', 'X', 'it said no', 'do this');
	const refused = new KhaosFault('refused', 'X', 'nobody there', 'do this');
	const dropped = new KhaosUnknownOutcome('dropped', 'X', 'gone', 'do this');
	const timeout = new KhaosUnknownOutcome('timeout', 'X', 'slow', 'do this');

	test('a read is tried three times, one that timed out twice', async () => {
		const three = failing(fault);
		const { line: one, slept } = line();
		expect(await one.read(4, three.call)).toEqual({ ok: false, error: fault });
		expect(three.count()).toBe(3);
		expect(slept).toEqual([1_000, 4_000]);
		const two = failing(timeout);
		await line().line.read(4, two.call);
		expect(two.count()).toBe(2);
	});

	test('a write is made once, unless it never got there', async () => {
		for (const error of [fault, dropped]) {
			const once = failing(error);
			await line().line.write(4, once.call);
			expect(once.count()).toBe(1);
		}
		const again = failing(refused);
		await line().line.write(4, again.call);
		expect(again.count()).toBe(3);
	});

	test('after several failures in a row nothing more is called', async () => {
		const { line: one } = line();
		await one.read(4, failing(refused).call);
		const more = failing(fault);
		expect(await one.read(4, more.call)).toEqual({ ok: false, error: refused });
		expect(more.count()).toBe(0);
	});

	test('the time that Khaos asks for is waited, if it is short; a long one ends the batch', async () => {
		const soon = new KhaosFault('busy', 'X', 'later', '', '', 7);
		const { line: one, slept } = line();
		await one.read(4, failing(soon).call);
		expect(slept).toEqual([7_000, 7_000]);
		const late = new KhaosUnknownOutcome('serverError', 'X', 'later', '', 600);
		const { line: two } = line();
		await two.write(4, failing(late).call);
		expect(two.stopped).toBe(late);
	});
});
