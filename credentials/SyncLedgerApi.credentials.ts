import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';

/** Where the state of the sync is kept. Tested by `syncLedgerConnectionTest` (nodes/credentialTests.ts). */
export class SyncLedgerApi implements ICredentialType {
	name = 'syncLedgerApi';

	displayName = 'Sync Ledger API';

	documentationUrl = 'https://docs.n8n.io/integrations/community-nodes/';

	icon: Icon = { light: 'file:../nodes/Sequencer/sequencer.svg', dark: 'file:../nodes/Sequencer/sequencer.dark.svg' };

	testedBy = 'syncLedgerConnectionTest';

	properties: INodeProperties[] = [
		{
			displayName: 'Environment',
			name: 'environment',
			type: 'string',
			default: 'Live',
			required: true,
			placeholder: 'e.g. Live',
			description:
				'The name of the pair of systems that is synced, such as Live or Sandbox. What is confirmed under one name says nothing about another; the ledger stops when the same name is used with other systems.',
		},
		{
			displayName: 'Store',
			name: 'backend',
			type: 'options',
			options: [{ name: 'SQLite File', value: 'sqlite', description: 'For one n8n process. Nothing to set up.' }],
			default: 'sqlite',
		},
		{
			displayName: 'File',
			name: 'file',
			type: 'string',
			default: '',
			placeholder: 'e.g. /home/node/.n8n/pimberly-khaos.sqlite',
			description: 'Where the ledger is kept. Leave empty for a file in the n8n user folder. It is created readable by n8n only.',
			displayOptions: { show: { backend: ['sqlite'] } },
		},
	];
}
