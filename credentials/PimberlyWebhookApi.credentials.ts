import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';

/** The shared secret of Pimberly's notifications. Tested by `pimberlyWebhookSecretTest` (nodes/credentialTests.ts). */
export class PimberlyWebhookApi implements ICredentialType {
	name = 'pimberlyWebhookApi';

	displayName = 'Pimberly Webhook API';

	documentationUrl = 'https://apidocs.pimberly.com/';

	icon: Icon = { light: 'file:../nodes/Pimberly/pimberly.svg', dark: 'file:../nodes/Pimberly/pimberly.dark.svg' };

	testedBy = 'pimberlyWebhookSecretTest';

	properties: INodeProperties[] = [
		{
			displayName: 'Header Name',
			name: 'headerName',
			type: 'string',
			default: 'X-Pimberly-Secret',
			required: true,
			placeholder: 'e.g. X-Pimberly-Secret',
			description: 'The header that Pimberly sends the secret in, as set on the webhook in Pimberly',
		},
		{
			displayName: 'Secret',
			name: 'secret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description:
				'Make up a long random text, 20 characters or more, and give the same to the webhook in Pimberly. Calls without it are refused.',
		},
	];
}
