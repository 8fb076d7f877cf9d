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
			options: [
				{
					name: 'PostgreSQL',
					value: 'postgres',
					description: 'For n8n in queue mode or on several machines',
				},
				{ name: 'SQLite File', value: 'sqlite', description: 'For one n8n process. Nothing to set up.' },
			],
			default: 'sqlite',
		},
		{
			displayName: 'File',
			name: 'file',
			type: 'string',
			default: '',
			placeholder: 'e.g. /home/node/.n8n/pimberly-khaos.sqlite',
			description:
				'Where the ledger is kept. Leave empty for a file in the n8n user folder. It is created readable by n8n only.',
			displayOptions: { show: { backend: ['sqlite'] } },
		},
		{
			displayName: 'Host',
			name: 'host',
			type: 'string',
			default: 'localhost',
			required: true,
			displayOptions: { show: { backend: ['postgres'] } },
		},
		{
			displayName: 'Port',
			name: 'port',
			type: 'number',
			default: 5432,
			displayOptions: { show: { backend: ['postgres'] } },
		},
		{
			displayName: 'Database',
			name: 'database',
			type: 'string',
			default: 'n8n',
			required: true,
			displayOptions: { show: { backend: ['postgres'] } },
		},
		{
			displayName: 'User',
			name: 'user',
			type: 'string',
			default: '',
			required: true,
			displayOptions: { show: { backend: ['postgres'] } },
		},
		{
			displayName: 'Password',
			name: 'password',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			displayOptions: { show: { backend: ['postgres'] } },
		},
		{
			displayName: 'Schema',
			name: 'schema',
			type: 'string',
			default: 'pimberly_khaos',
			required: true,
			description: 'The ledger keeps its tables in a schema of its own; it is made when missing',
			displayOptions: { show: { backend: ['postgres'] } },
		},
		{
			displayName: 'TLS',
			name: 'tls',
			type: 'options',
			options: [
				{ name: 'Off', value: 'disable', description: 'For a database on the same machine or a private network' },
				{ name: 'On', value: 'require', description: 'Encrypted, whatever certificate the server shows' },
				{
					name: 'On, Certificate Verified',
					value: 'verify',
					description: 'Encrypted, and the server proves who it is',
				},
			],
			default: 'verify',
			displayOptions: { show: { backend: ['postgres'] } },
		},
		{
			displayName: 'Certificate Authority',
			name: 'ca',
			type: 'string',
			typeOptions: { rows: 4 },
			default: '',
			placeholder: 'e.g. -----BEGIN CERTIFICATE-----',
			description:
				'The authority that signed the server’s certificate, where the system does not know it. Leave empty otherwise.',
			displayOptions: { show: { backend: ['postgres'], tls: ['verify'] } },
		},
	];
}
