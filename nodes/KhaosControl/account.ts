import { NodeOperationError, sleep, type IExecuteFunctions, type INode } from 'n8n-workflow';

import type { KhaosClient } from '../../lib/khaos/webServices/client';
import { ConnectionError, khaosClientOf, toKhaosConnection } from '../../lib/khaos/webServices/connection';
import type { DeliveryPort } from '../../lib/khaos/delivery/deliveryPort';
import { EndpointError } from '../../lib/khaos/webServices/endpoint';
import { KhaosError } from '../../lib/khaos/webServices/fault';
import { KhaosLine } from '../../lib/khaos/delivery/khaosLine';
import { processPort } from '../../lib/khaos/delivery/processPort';
import { LANES } from '../../lib/shapes';
import { requestOf } from '../httpBinding';
import { ledgerOf } from '../ledgerFromCredentials';
import { operationErrorOf } from '../operationError';

/** The Khaos of the node's credentials, and the gate to it. */
export interface Khaos {
	client: KhaosClient;
	/** The ledger's memory of deliveries; without a ledger, one that lasts for this execution. */
	port: DeliveryPort;
	/** Whether a Sync Ledger is chosen. */
	hasLedger: boolean;
	/** A call that changes nothing, through the gate, with a few attempts. */
	read<T>(call: () => Promise<T>): Promise<T>;
}

const pause = async (ms: number): Promise<void> => await sleep(ms);

/**
 * Binds the node's credentials. `settles`: what is delivered comes from the ledger's queue and is remembered there, so the
 * ledger has to be the one of this Khaos; otherwise only its gate is used.
 */
export async function khaosOf(context: IExecuteFunctions, settles: boolean): Promise<Khaos> {
	const connection = toKhaosConnection(await context.getCredentials('khaosControlWebServicesApi'));
	const signal = context.getExecutionCancelSignal();
	const request = requestOf(context, {
		allowUnauthorizedCerts: connection.allowUnauthorizedCerts,
		...(signal === undefined ? {} : { signal }),
	});
	const client = khaosClientOf(connection, request, Date.now);
	const { identity, base } = connection.endpoint;

	const hasLedger = context.getNode().credentials?.syncLedgerApi !== undefined;
	let port = processPort(identity, Date.now);
	if (hasLedger) {
		const ledger = await ledgerOf(context);
		if (settles) await ledger.useHost('khaos', base.toLowerCase());
		const ledgerPort = ledger.deliveryPort(identity);
		port = settles ? ledgerPort : processPort(identity, Date.now, ledgerPort);
	}
	const line = new KhaosLine(port, pause);
	return {
		client,
		port,
		hasLedger,
		read: async (call) => {
			const outcome = await line.read(LANES.descriptive, call);
			if (!outcome.ok) throw outcome.error;
			return outcome.value;
		},
	};
}

export { pause };

/** Says that calls are kept apart within this process only. */
export function hintWithoutLedger(context: IExecuteFunctions, khaos: Khaos): void {
	if (khaos.hasLedger) return;
	context.addExecutionHints({
		message:
			'No Sync Ledger is chosen: calls to Khaos Control wait for each other within this n8n process only, and nothing is remembered for the next execution.',
		location: 'outputPane',
	});
}

/** An error as n8n shows it: what happened as its title, what to do below it. */
export function nodeErrorOf(node: INode, error: unknown, itemIndex?: number): NodeOperationError {
	if (error instanceof NodeOperationError) return error;
	if (error instanceof KhaosError) {
		return new NodeOperationError(node, error.message, { description: error.remedy, itemIndex });
	}
	if (error instanceof EndpointError || error instanceof ConnectionError) {
		return new NodeOperationError(node, error.message, {
			description: 'Open the Khaos Control Web Services API credential of this node.',
			itemIndex,
		});
	}
	return operationErrorOf(node, error, itemIndex);
}
