import { chaos } from '../../scripts/chaos/chaos';
import { showProgress, silentProgress } from '../../scripts/progress';

// Most of it n8n needs to start again; the rest waits for what was left behind to come due.
jest.setTimeout(20 * 60_000);

test('five kills, and everything else that npm run chaos does, lose and reorder nothing', async () => {
	const progress = process.env.SHOW_PROGRESS ? showProgress() : silentProgress;
	const options = { kills: 5, seed: 3, products: 150, queueMode: null, ledger: 'sqlite', keep: null } as const;
	const { figures, violations, stories } = await chaos(options, progress);
	if (violations.length > 0) throw new Error([JSON.stringify(violations, null, 1), ...stories.values()].join('\n\n'));

	expect(figures).toMatchObject({ kills: 5, lost: 0, reordered: 0, staleOverwrites: 0, unaccounted: 0 });
	// Each kind of trouble has really been there.
	expect(figures.edits).toBeGreaterThan(0);
	expect(figures.droppedAfterWrite).toBeGreaterThan(0);
	expect(figures.ledgerFull).toBeGreaterThan(0);
	expect(figures.refusedByFullLedger).toBeGreaterThan(0);
	expect(figures.clockSkews).toBeGreaterThan(0);
	expect(figures.notifications.twice).toBeGreaterThan(0);
	expect(figures.notifications.late).toBeGreaterThan(0);
	expect(figures.notifications.delivered).toBeGreaterThan(0);
});
