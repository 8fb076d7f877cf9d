/** Where one Khaos Control answers (contract 2.1). */
export interface Endpoint {
	/** The executable, without a slash at its end. */
	base: string;
	wsdl: string;
	soap: string;
	/**
	 * Names this Khaos among others: host, port and the executable's path, in lower case. A test system is often on the
	 * host of the live one, in another folder.
	 */
	identity: string;
}

/** The address can't be one of Khaos's web services. The message says what is wrong and how an address looks. */
export class EndpointError extends Error {
	override readonly name = 'EndpointError';
}

const EXAMPLE =
	'Give the address of the executable, such as https://khaos.example.com/KhaosIDS.exe, of its WSDL or of its SOAP endpoint.';

/**
 * Accepts the address of the executable, of the WSDL (`.../wsdl/IKosWeb`, with or without `?wsdl`) or of the SOAP endpoint
 * (`.../soap/IKosWeb`), with or without slashes at the end, and derives the others (contract 16). Throws EndpointError.
 */
export function endpointOf(address: string): Endpoint {
	const text = address.trim();
	if (text === '') throw new EndpointError(`The URL of Khaos Control is empty. ${EXAMPLE}`);
	if (!URL.canParse(text)) {
		throw new EndpointError(
			`The URL of Khaos Control can't be read: it has to start with http:// or https://. ${EXAMPLE}`,
		);
	}
	const url = new URL(text);
	if (url.protocol !== 'http:' && url.protocol !== 'https:') {
		throw new EndpointError(
			`The URL of Khaos Control starts with ${url.protocol}//, not with http:// or https://. ${EXAMPLE}`,
		);
	}
	if (url.username !== '' || url.password !== '') {
		throw new EndpointError(
			'The URL of Khaos Control holds a user or a password. Move them to the fields for them in the credential.',
		);
	}
	const path = url.pathname
		.replace(/\/+$/, '')
		.replace(/\/(?:wsdl|soap)(?:\/+[^/]*)?$/i, '')
		.replace(/\/+$/, '');
	const base = `${url.origin}${path}`;
	return {
		base,
		wsdl: `${base}/wsdl/IKosWeb`,
		soap: `${base}/soap/IKosWeb`,
		identity: `${url.host}${path}`.toLowerCase(),
	};
}
