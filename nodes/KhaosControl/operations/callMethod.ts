import {
	updateDisplayOptions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
} from 'n8n-workflow';

import { callMethod, checkCall } from '../../../lib/khaos/webServices/callMethod';
import type { SoapParameter } from '../../../lib/khaos/webServices/soap';
import { LANES } from '../../../lib/shapes';
import { failedItem } from '../../failedItem';
import { hintWithoutLedger, khaosOf, nodeErrorOf } from '../account';

export const description: INodeProperties[] = updateDisplayOptions({ show: { operation: ['callMethod'] } }, [
	{
		displayName: 'Method',
		name: 'method',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. GetPriceLists',
		description: 'The name of a SOAP method as the WSDL spells it. Methods that write stock levels are refused.',
	},
	{
		displayName: 'Parameters',
		name: 'parameters',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true },
		default: {},
		placeholder: 'Add Parameter',
		description: 'In the order of the WSDL',
		options: [
			{
				displayName: 'Parameter',
				name: 'parameter',
				values: [
					{
						displayName: 'Name',
						name: 'name',
						type: 'string',
						default: '',
						placeholder: 'e.g. PriceLists',
						description: 'As the WSDL spells it',
					},
					{
						displayName: 'Type',
						name: 'type',
						type: 'options',
						options: [
							{ name: 'Base64', value: 'base64Binary' },
							{ name: 'Boolean', value: 'boolean' },
							{
								name: 'Date and Time',
								value: 'dateTime',
								description: 'UK time without an offset, such as 2026-11-24T09:00:00',
							},
							{ name: 'Double', value: 'double' },
							{ name: 'Integer', value: 'int' },
							{ name: 'String', value: 'string' },
						],
						default: 'string',
						description: 'What the WSDL says that it is',
					},
					{
						displayName: 'Value',
						name: 'value',
						type: 'string',
						default: '',
						description: 'As text: numbers with a point, true or false for a Boolean',
					},
				],
			},
		],
	},
]);

/** Calls a method once for each input item, one after the other; the call itself is never repeated. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const khaos = await khaosOf(context, false);
	const output: INodeExecutionData[] = [];
	for (const itemIndex of context.getInputData().keys()) {
		const method = String(context.getNodeParameter('method', itemIndex)).trim();
		const given = context.getNodeParameter('parameters.parameter', itemIndex, []) as SoapParameter[];
		const parameters = given.map(({ name, type, value }) => ({ name: name.trim(), type, value: String(value ?? '') }));
		try {
			checkCall(method, parameters);
			const { text, data } = await khaos.port.throughGate(
				LANES.descriptive,
				async () => await callMethod(khaos.client, method, parameters),
			);
			output.push({
				json: { method, text, data: data as IDataObject | string | null },
				pairedItem: { item: itemIndex },
			});
		} catch (error) {
			const shown = nodeErrorOf(context.getNode(), error, itemIndex);
			if (!context.continueOnFail()) throw shown;
			output.push(failedItem(itemIndex, shown));
		}
	}
	hintWithoutLedger(context, khaos);
	return [output];
}
