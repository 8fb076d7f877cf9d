// Preloaded into the n8n that a script starts (node --require): when the script is gone, however it ended, n8n stops too.
if (process.channel) {
	process.channel.unref();
	process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}
