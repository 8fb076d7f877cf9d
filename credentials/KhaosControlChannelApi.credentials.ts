import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';

/** What Khaos Control sends with every call of a channel. Tested by `khaosControlChannelTest` (nodes/credentialTests.ts). */
export class KhaosControlChannelApi implements ICredentialType {
	name = 'khaosControlChannelApi';

	displayName = 'Khaos Control Channel API';

	documentationUrl = 'https://github.com/khaoscontrol/kcc-web-services';

	icon: Icon = {
		light: 'file:../nodes/KhaosControl/khaosControl.svg',
		dark: 'file:../nodes/KhaosControl/khaosControl.dark.svg',
	};

	testedBy = 'khaosControlChannelTest';

	properties: INodeProperties[] = [
		{
			displayName: 'User',
			name: 'user',
			type: 'string',
			default: 'khaos',
			required: true,
			description: 'The Username of the channel in Khaos Control',
		},
		{
			displayName: 'Password',
			name: 'password',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description:
				'Make up a long random text, 20 characters or more, and enter the same as the Password of the channel in Khaos Control. Calls without it are refused.',
		},
	];
}
