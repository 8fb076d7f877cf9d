import type {
	Icon,
	ICredentialDataDecryptedObject,
	ICredentialType,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';

/** The web services of one Khaos Control. Tested by `khaosControlConnectionTest` (nodes/credentialTests.ts). */
export class KhaosControlWebServicesApi implements ICredentialType {
	name = 'khaosControlWebServicesApi';

	displayName = 'Khaos Control Web Services API';

	documentationUrl = 'https://www.khaoscontrol.com/';

	icon: Icon = {
		light: 'file:../nodes/KhaosControl/khaosControl.svg',
		dark: 'file:../nodes/KhaosControl/khaosControl.dark.svg',
	};

	testedBy = 'khaosControlConnectionTest';

	properties: INodeProperties[] = [
		{
			displayName: 'URL',
			name: 'url',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. https://khaos.example.com/KhaosIDS.exe',
			description:
				'The address of the web services: the executable (its name differs from company to company), its WSDL or its SOAP endpoint. KCSL or whoever runs the server knows it.',
		},
		{
			displayName: 'Authentication',
			name: 'authentication',
			type: 'options',
			options: [
				{ name: 'Basic', value: 'basic', description: 'A user and a password that the web server asks for' },
				{ name: 'None', value: 'none', description: 'The usual case: the server lets in known addresses only' },
			],
			default: 'none',
		},
		{
			displayName: 'User',
			name: 'user',
			type: 'string',
			default: '',
			displayOptions: { show: { authentication: ['basic'] } },
		},
		{
			displayName: 'Password',
			name: 'password',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			displayOptions: { show: { authentication: ['basic'] } },
		},
		{
			displayName: 'Extra Header Name',
			name: 'headerName',
			type: 'string',
			default: '',
			placeholder: 'e.g. X-Proxy-Key',
			description: 'For a reverse proxy that wants one. Leave empty otherwise.',
		},
		// What a proxy wants in it is a secret.
		// eslint-disable-next-line @n8n/community-nodes/credential-unnecessary-password
		{
			displayName: 'Extra Header Value',
			name: 'headerValue',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description: 'Sent with every call under the name above',
		},
		// A switch, not a secret, though its name has “cert” in it.
		// eslint-disable-next-line @n8n/community-nodes/credential-password-field
		{
			displayName: 'Ignore TLS Issues',
			name: 'allowUnauthorizedCerts',
			type: 'boolean',
			default: false,
			description:
				'Whether to accept a certificate that no authority signed. Many Khaos servers have a self-signed one; use this only inside your own network or VPN.',
		},
		{
			displayName: 'Timeout (Seconds)',
			name: 'timeoutSeconds',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 120,
			description: 'How long one call may take. Long lists take Khaos two minutes and more.',
		},
		{
			displayName: 'Compressed Exports',
			name: 'compressedExports',
			type: 'boolean',
			default: false,
			description:
				'Whether to read stock items as a zip (ExportStockCompressed), which spares a slow line. Leave it off unless your Khaos Control has that method.',
		},
	];

	/** For the HTTP Request node; the node of this package adds the same headers itself. */
	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		requestOptions: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const headers: IHttpRequestOptions['headers'] = { ...requestOptions.headers };
		if (credentials['authentication'] === 'basic') {
			const pair = `${String(credentials['user'])}:${String(credentials['password'])}`;
			headers['Authorization'] = `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
		}
		if (typeof credentials['headerName'] === 'string' && credentials['headerName'] !== '') {
			headers[credentials['headerName']] = String(credentials['headerValue']);
		}
		return { ...requestOptions, headers };
	}
}
