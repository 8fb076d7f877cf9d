// Runs a program and ends it when the process that asked for it is gone (its channel closes), however that ended:
// node endsWithParent.cjs PROGRAM [ARGUMENTS]. What n8n itself needs for that is in exitWithParent.cjs.
const { spawn } = require('node:child_process');

const [command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
const end = () => child.kill('SIGTERM');
process.once('disconnect', end);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, end);
child.once('error', (error) => {
	console.error(error.message);
	process.exit(127);
});
child.once('exit', (code) => process.exit(code ?? 1));
