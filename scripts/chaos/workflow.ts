import { randomBytes, randomUUID } from 'node:crypto';
import type { DemoCredential } from '../demo';
import type { WorkflowTemplate } from '../n8nApi';
import { PACKAGE_NAME } from '../packageInstallation';

const POLL = `${PACKAGE_NAME}.pimberlyTrigger`;
const WEBHOOK = `${PACKAGE_NAME}.pimberlyWebhookTrigger`;
const TAKE = `${PACKAGE_NAME}.sequencerTrigger`;
const WEBHOOK_NODE = 'Notified Products';
const HEADER = 'X-Pimberly-Secret';

/** The templates with Pimberly's notifications beside the poll, as docs/install.md has it. */
export class NotifiedWorkflow {
	private readonly webhookId = randomUUID();

	private readonly secret = randomBytes(24).toString('hex');

	readonly headers = { [HEADER]: this.secret };

	readonly credential: DemoCredential = {
		name: 'Notifications of Pimberly',
		type: 'pimberlyWebhookApi',
		data: { headerName: HEADER, secret: this.secret },
	};

	/** Of the trigger's production URL, below n8n's own. */
	readonly path = `/webhook/${this.webhookId}/pimberly`;

	/** A batch whose process died is free after a minute, the least the node allows, where nobody notices before. */
	readonly adapt = (template: WorkflowTemplate): WorkflowTemplate => {
		const nodes = template.nodes.map((node) =>
			node.type === TAKE
				? { ...node, parameters: { ...node.parameters, options: { ...optionsOf(node.parameters), leaseMinutes: 1 } } }
				: node,
		);
		const poll = nodes.find(({ type }) => type === POLL);
		if (!poll) return { ...template, nodes };
		const { includeRelations, typeAttribute, variantParentValues, variantValues, onlyWhen } = poll.parameters ?? {};
		const webhook = {
			id: randomUUID(),
			name: WEBHOOK_NODE,
			type: WEBHOOK,
			typeVersion: 1,
			position: [500, 560],
			webhookId: this.webhookId,
			parameters: { includeRelations, typeAttribute, variantParentValues, variantValues, onlyWhen },
		};
		return {
			...template,
			nodes: [...nodes, webhook],
			connections: { ...template.connections, [WEBHOOK_NODE]: template.connections[poll.name] },
		};
	};
}

const optionsOf = (parameters: Record<string, unknown> | undefined): object =>
	(parameters?.['options'] as object | undefined) ?? {};
