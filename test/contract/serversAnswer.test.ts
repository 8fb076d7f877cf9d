import { startSimulators, type Simulators } from '../../simulators/start';
import { freePorts } from '../../scripts/ports';
import { serversAnswer } from '../../scripts/serversAnswer';
import type { OtherServers } from '../../scripts/startOptions';
import { SHOP } from './simulators/shop';

describe('before a run between other servers', () => {
	let simulators: Simulators;
	let right: OtherServers;

	const asked = async (servers: Partial<OtherServers>): Promise<void> =>
		await serversAnswer({ ...right, ...servers }, async () => await Promise.resolve());
	const break_ = async (faults: unknown): Promise<void> => {
		await fetch(`${simulators.controlUrl}/faults`, { method: 'POST', body: JSON.stringify(faults) });
	};

	beforeEach(async () => {
		simulators = await startSimulators({ catalogue: SHOP });
		right = {
			pimberlyUrl: simulators.pimberlyUrl,
			pimberlyToken: simulators.feedToken,
			khaosUrl: simulators.khaosUrl,
		};
	});
	afterEach(async () => await simulators.stop());

	test('servers that answer are worked with, also from an empty account', async () => {
		await expect(asked({})).resolves.toBeUndefined();
		for (const { internalId } of simulators.pimberly.all())
			await fetch(`${simulators.controlUrl}/products/${internalId}`, { method: 'DELETE' });
		await expect(asked({})).resolves.toBeUndefined();
	});

	test('a wrong token is said, and not shown', async () => {
		const wrong = 'w'.repeat(64);
		await expect(asked({ pimberlyToken: wrong })).rejects.toThrow(/does not accept the token/);
		await expect(asked({ pimberlyToken: wrong })).rejects.not.toThrow(wrong);
	});

	test('so is a wrong address, and one where nobody listens', async () => {
		const nobody = `http://127.0.0.1:${(await freePorts(1))[0]}`;
		await expect(asked({ pimberlyUrl: `${new URL(right.pimberlyUrl).origin}/cor` })).rejects.toThrow(/no Pimberly API/);
		await expect(asked({ pimberlyUrl: `${nobody}/core` })).rejects.toThrow(/Pimberly/);
		await expect(asked({ khaosUrl: `${new URL(right.khaosUrl).origin}/Other.exe` })).rejects.toThrow(/404/);
		await expect(asked({ khaosUrl: `${nobody}/KhaosIDS.exe` })).rejects.toThrow(/refused/i);
	});

	test('a call that is turned away once, and a server that is busy, are no reason not to begin', async () => {
		await break_([
			{ side: 'pimberly', kind: '401', times: 1 },
			{ side: 'khaos', kind: '401', times: 1 },
		]);
		await expect(asked({})).resolves.toBeUndefined();
		await break_([
			{ side: 'pimberly', kind: '503' },
			{ side: 'khaos', kind: 'drop' },
		]);
		await expect(asked({})).resolves.toBeUndefined();
	});
});
