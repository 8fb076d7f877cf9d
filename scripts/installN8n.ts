import { installN8n } from './n8nInstallation';
import { showProgress } from './progress';

// Installs n8n ahead of time, for a machine that is being prepared (CI, an image).
installN8n(showProgress()).then(
	(installation) => console.log(installation.folder),
	(error: unknown) => {
		console.error(error instanceof Error ? error.message : String(error));
		process.exitCode = 2;
	},
);
