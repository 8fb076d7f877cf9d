import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoCredential, Workflow } from './demo';
import type { Credential, N8nApi, WorkflowTemplate } from './n8nApi';

/** The half of the demo that people look at: dashboard, report, alerts, nightly checks. It is left out where no person watches. */

/** What a failed execution of any other workflow is handed to. n8n runs it without its being switched on. */
const ERROR_HANDLER = 'error-handler';
const TEMPLATES = ['sync-dashboard', 'exception-report', 'queue-health-alert', 'drift-check', 'missing-skus'];
const DASHBOARD_USER = 'team';

/** What people sign in to the dashboard with. */
export const dashboardCredential = (password: string): DemoCredential => ({
	name: 'Dashboard',
	type: 'httpBasicAuth',
	data: { user: DASHBOARD_USER, password },
});

export interface Watching {
	workflows: Workflow[];
	/** For the settings of the other workflows. */
	errorWorkflow: string;
}

/** Imports what is not there yet. */
export async function importWatching(api: N8nApi, credentials: Credential[], folder: string): Promise<Watching> {
	const existing = await api.workflows();
	const importOne = async (name: string, errorWorkflow?: string): Promise<Workflow> => {
		const template = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as WorkflowTemplate;
		const settings = { ...template.settings, ...(errorWorkflow === undefined ? {} : { errorWorkflow }) };
		const found = existing.find((workflow) => workflow.name === template.name);
		const { id } = found ?? (await api.importWorkflow({ ...template, settings }, credentials));
		return { id, name: template.name };
	};
	const errorHandler = await importOne(ERROR_HANDLER);
	const workflows: Workflow[] = [];
	for (const name of TEMPLATES) workflows.push(await importOne(name, errorHandler.id));
	return { workflows, errorWorkflow: errorHandler.id };
}

/** Where people look, and what they sign in with. */
export const whereToWatch = (n8nUrl: string, password: string): string[] => [
	`  Dashboard         ${n8nUrl}/webhook/sync-dashboard`,
	`  Exception report  ${n8nUrl}/webhook/sync-dashboard?report`,
	`                    sign in as ${DASHBOARD_USER} with the password ${password}`,
];
