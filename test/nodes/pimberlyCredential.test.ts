import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { CredentialTestContext } from 'n8n-core';
import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';

import { PimberlyApi } from '../../credentials/PimberlyApi.credentials';
import { pimberlyConnectionTest } from '../../nodes/credentialTests';
import { startSimulators, type Simulators } from '../../simulators/start';

/** What people see after they saved the Pimberly credential, through the one helper that n8n gives to its test. */

let simulators: Simulators;
let web: Server;
beforeAll(async () => {
	simulators = await startSimulators({ catalogue: 5 });
	web = createServer((request, response) => {
		const redirects = request.url?.startsWith('/moved') === true;
		response.writeHead(redirects ? 302 : 200, { 'content-type': 'text/html', location: 'https://login.example/' });
		response.end('<!DOCTYPE html><html><body>Please log in</body></html>');
	});
	await new Promise<void>((listening) => web.listen(0, '127.0.0.1', listening));
});
afterAll(async () => {
	await simulators.stop();
	await new Promise((closed) => web.close(closed));
});

const tested = async (more: IDataObject = {}) => {
	const data = {
		baseUrl: simulators.pimberlyUrl,
		tokenKind: 'feed',
		token: simulators.feedToken,
		writeToken: '',
		sendTokenAs: 'header',
		...more,
	};
	const context = new CredentialTestContext({} as never);
	return await pimberlyConnectionTest.call(context, {
		id: '1',
		name: 'Pimberly',
		type: 'pimberlyApi',
		data: data as never,
	});
};

test.each([
	['on /core', () => ({})],
	['on /api/v2.2', () => ({ baseUrl: simulators.pimberlyV22Url })],
	['with the token in the query', () => ({ sendTokenAs: 'query' })],
	[
		'with a channel’s token and a write token',
		() => ({ tokenKind: 'channel', token: simulators.channelToken, writeToken: simulators.feedToken }),
	],
])('is right %s', async (_how, more) =>
	expect(await tested(more())).toMatchObject({ status: 'OK', message: expect.stringContaining('Connected') }),
);

test.each([
	['a wrong token', () => ({ token: 'x'.repeat(64) }), 'does not accept the token (401'],
	[
		'a channel’s token that is said to be a feed’s',
		() => ({ token: simulators.channelToken }),
		'it is the token of a channel',
	],
	['a wrong path', () => ({ baseUrl: `${simulators.pimberlyUrl}/v1` }), 'there is no Pimberly API'],
	['a web site', () => ({ baseUrl: origin() }), 'a web page that asks to log in'],
	['an address that has moved', () => ({ baseUrl: `${origin()}/moved` }), 'redirects to login.example/'],
	['a server that is not there', () => ({ baseUrl: 'http://127.0.0.1:9/core' }), 'nothing accepts connections there'],
	['no address', () => ({ baseUrl: 'pimberly' }), 'is not a web address'],
])('says what is wrong: %s', async (_what, more, text) => {
	const given = more();
	const outcome = await tested(given);
	expect(outcome).toMatchObject({ status: 'Error', message: expect.stringContaining(text) });
	expect(outcome.message).not.toContain('x'.repeat(64));
	expect(outcome.message).not.toContain(simulators.channelToken);
});
const origin = () => `http://127.0.0.1:${(web.address() as AddressInfo).port}`;

test('the HTTP Request node sends the token as it is, or as a parameter', async () => {
	const request: IHttpRequestOptions = { url: simulators.pimberlyUrl, headers: { Accept: 'application/json' } };
	const credential = new PimberlyApi();
	expect(await credential.authenticate({ token: 'abc', sendTokenAs: 'header' }, request)).toMatchObject({
		headers: { Accept: 'application/json', Authorization: 'abc' },
	});
	expect(await credential.authenticate({ token: 'abc', sendTokenAs: 'query' }, request)).toMatchObject({
		qs: { access_token: 'abc' },
	});
});
