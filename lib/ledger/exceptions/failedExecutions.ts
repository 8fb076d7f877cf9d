import type { Database, Transaction } from '../store/database';
import { openExceptions, resolveWhere } from './exceptions';

/** An execution of a workflow of the sync that stopped with an error. */
export interface FailedExecution {
	workflowId: string;
	workflowName: string;
	/** '' where it failed before it had one. */
	executionId: string;
	/** Opens the execution in n8n; '' where nobody says. */
	url: string;
	/** The node that failed; '' where nobody says. */
	node: string;
	message: string;
}

/** One exception a workflow, however often it fails; the last failure is the one it names. */
export async function executionFailed(tx: Transaction, environmentId: number, failure: FailedExecution): Promise<void> {
	const { workflowId, workflowName, executionId, url, node, message } = failure;
	const where = node === '' ? '' : ` at the node ${node}`;
	await openExceptions(tx, environmentId, [
		{
			type: 'failedExecution',
			primaryId: '',
			key: workflowId,
			field: '',
			value: executionId === '' ? null : executionId,
			reason: `The workflow ${workflowName || workflowId} failed${where}: ${/[.!?]$/.test(message) ? message : `${message}.`}`,
			remedy: `Open the execution in n8n${url === '' ? '' : ` (${url})`} and mend what the error names. What it was given is sent again.`,
		},
	]);
}

/** Looks before it writes: executions succeed all the time. */
export async function executionSucceeded(database: Database, environmentId: number, workflowId: string): Promise<void> {
	const open = await database.read(
		async (tx) =>
			await tx.get(
				`SELECT exception_id FROM exceptions WHERE environment_id = ? AND type = 'failedExecution' AND key = ? AND resolved_at IS NULL`,
				environmentId,
				workflowId,
			),
	);
	if (open === undefined) return;
	await database.write(async (tx) => {
		await resolveWhere(tx, environmentId, `type = 'failedExecution' AND key = ?`, workflowId);
	});
}
