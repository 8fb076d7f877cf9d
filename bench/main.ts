import { benchAdd } from './add';
import { benchDrift } from './drift';
import { benchTake } from './take';
import { benchTakers } from './takers';

/** Each prints its figures and says whether they are as they have to be. */
const benches: Record<string, () => Promise<boolean>> = { take: benchTake, add: benchAdd, takers: benchTakers, drift: benchDrift };

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

void main();
