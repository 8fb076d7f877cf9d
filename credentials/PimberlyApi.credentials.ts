import type {
	Icon,
	ICredentialDataDecryptedObject,
	ICredentialType,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';

/** An account of Pimberly, with the token of a feed or of a channel. Tested by `pimberlyConnectionTest` (nodes/credentialTests.ts). */
export class PimberlyApi implements ICredentialType {
	name = 'pimberlyApi';

	displayName = 'Pimberly API';

	documentationUrl = 'https://apidocs.pimberly.com/';

	icon: Icon = { light: 'file:../nodes/Pimberly/pimberly.svg', dark: 'file:../nodes/Pimberly/pimberly.dark.svg' };

	testedBy = 'pimberlyConnectionTest';

	properties: INodeProperties[] = [
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: 'https://api.pimberly.io/core',
			required: true,
			placeholder: 'e.g. https://api.pimberly.io/core',
			description:
				'Up to /core or /api/v2.2. Live: https://api.pimberly.io/core or https://pimber.ly/api/v2.2. Sandbox: https://sandbox-api.pimberly.io/core or https://sandbox.pimber.ly/api/v2.2. US: https://app.us.pimberly.com/api/v2.2.',
		},
		// A choice, not a secret, though its name has “token” in it.
		// eslint-disable-next-line @n8n/community-nodes/credential-password-field
		{
			displayName: 'Token Kind',
			name: 'tokenKind',
			type: 'options',
			default: 'feed',
			options: [
				{
					name: 'Channel',
					value: 'channel',
					description: 'The data API key of a channel: reads the products of that channel, with its column headings',
				},
				{
					name: 'Feed',
					value: 'feed',
					description: 'The API key of a feed: reads and writes all products, by attribute API names',
				},
			],
			description:
				'Where the token comes from in Pimberly. It decides which products it sees and how their attributes are named.',
		},
		{
			displayName: 'Token',
			name: 'token',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description: 'The token as Pimberly shows it, without “Bearer”',
		},
		{
			displayName: 'Write Token',
			name: 'writeToken',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'The API key of a feed, used for writing and for looking up parents and items, which a channel token can’t. Leave empty when Token is a feed’s already.',
		},
		// A choice, not a secret, though its name has “token” in it.
		// eslint-disable-next-line @n8n/community-nodes/credential-password-field
		{
			displayName: 'Send Token As',
			name: 'sendTokenAs',
			type: 'options',
			default: 'header',
			options: [
				{ name: 'Header', value: 'header', description: 'In the Authorization header' },
				{ name: 'Query Parameter', value: 'query', description: 'As access_token in the address; proxies may log it' },
			],
			description: 'How the token travels. Keep Header unless a proxy takes it away.',
		},
	];

	/** For the HTTP Request node; the nodes of this package choose between the two tokens themselves. */
	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		requestOptions: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		if (credentials['sendTokenAs'] === 'query') {
			return {
				...requestOptions,
				qs: { ...requestOptions.qs, access_token: credentials['token'] } as IHttpRequestOptions['qs'],
			};
		}
		// Pimberly takes the token as it is, without a scheme.
		return {
			...requestOptions,
			headers: { ...requestOptions.headers, Authorization: credentials['token'] } as IHttpRequestOptions['headers'],
		};
	}
}
