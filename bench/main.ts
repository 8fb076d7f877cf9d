import { benchAdd } from './add';
import { benchDrift } from './drift';
import { benchPriceLatency } from './priceLatency';
import { benchTake } from './take';
import { benchTakers } from './takers';

/** Each prints its figures and says whether they are as they have to be. */
const benches: Record<string, () => Promise<boolean>> = {
	take: benchTake,
	add: benchAdd,
	takers: benchTakers,
	drift: benchDrift,
	'price-latency': benchPriceLatency,
};

async function main(): Promise<void> {
	const names = process.argv.slice(2);
	const unknown = names.filter((name) => !(name in benches));
	if (names.length === 0 || unknown.length > 0) {
		process.stderr.write(`Usage: npm run bench -- NAME ...\nNAME is one of: ${Object.keys(benches).join(', ')}\n`);
		process.exitCode = 2;
		return;
	}
	for (const name of names) if (!(await benches[name]!())) process.exitCode = 1;
}

// Nothing of a bench may keep the process alive after its last figure.
void main().then(() => process.exit());
