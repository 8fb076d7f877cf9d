import type { Dialect, KhaosSettings } from '../settings';
import { METHODS } from './methods';
import { METHOD_NAMESPACE, SOAP_ENCODING, TYPE_NAMESPACE, XSD } from './soap';

/** Structures: member -> type (an xsd type, a structure, or an array of arrays below). */
const STRUCTURES: Record<string, Record<string, string>> = {
	TStockListItem: {
		StockID: 'int',
		StockCode: 'string',
		ParentCode: 'string',
		OtherRef: 'string',
		StockDesc: 'string',
	},
	TStockList: { Count: 'int', List: 'TStockListItemArray' },
	TStockPotential: {
		StockCode: 'string',
		OtherRef: 'string',
		StockDesc: 'string',
		Available: 'int',
		OnOrder: 'int',
		BackOrder: 'int',
		Potential: 'int',
	},
	THarmonisationItem: { StockCode: 'string', Duty: 'string' },
	THarmonisationCode: { Code: 'string', StockItems: 'THarmonisationItemArray' },
	TCompressedResult: { Data: 'base64Binary' },
	TSite: { SiteID: 'int', SiteName: 'string' },
	TStockStatusResult: { Count: 'int' },
	TXMLResult: { Size: 'int', Data: 'string' },
	TStockImportError: { Line: 'int', StockCode: 'string', Message: 'string' },
	TStockImportResult: { ImportedCount: 'int', SkippedCount: 'int', Errors: 'TStockImportErrorArray' },
};

const ARRAYS: Record<string, string> = {
	TStockListItemArray: 'TStockListItem',
	TStockPotentialArray: 'TStockPotential',
	THarmonisationItemArray: 'THarmonisationItem',
	THarmonisationArray: 'THarmonisationCode',
	TSiteArray: 'TSite',
	TStringArray: 'string',
	TStockImportErrorArray: 'TStockImportError',
};

const typeName = (type: string): string => (type in STRUCTURES || type in ARRAYS ? `ns1:${type}` : `xs:${type}`);

const structure = (name: string, members: Record<string, string>): string =>
	`      <xs:complexType name="${name}"><xs:sequence>${Object.entries(members)
		.map(([member, type]) => `<xs:element name="${member}" type="${typeName(type)}" minOccurs="0"/>`)
		.join('')}</xs:sequence></xs:complexType>`;

const arrayType = (name: string, itemType: string): string =>
	`      <xs:complexType name="${name}"><xs:complexContent><xs:restriction base="soapenc:Array"><xs:attribute ref="soapenc:arrayType" wsdl:arrayType="${typeName(itemType)}[]"/></xs:restriction></xs:complexContent></xs:complexType>`;

/**
 * In place of no part at all: node-soap refuses to call a method whose message has none. Nobody reads it, and it may be
 * left out of the call; an element, because zeep leaves out only what may be nil.
 */
const NO_PARTS = '<part name="Unused" element="ns1:Nothing"/>';

const NOTHING = `${structure('TNothing', { Nothing: 'string' })}
      <xs:element name="Nothing" type="ns1:TNothing" nillable="true"/>`;

/**
 * The part of SOAP's encoding that the description is made of. Its home is on the Internet: clients that read imported
 * schemas (zeep) could not use the description where there is none.
 */
export const ENCODING_SCHEMA = `<?xml version="1.0" encoding="utf-8"?>
<xs:schema xmlns:xs="${XSD}" targetNamespace="${SOAP_ENCODING}">
  <xs:attribute name="arrayType" type="xs:string"/>
  <xs:complexType name="Array">
    <xs:sequence><xs:any namespace="##any" minOccurs="0" maxOccurs="unbounded" processContents="lax"/></xs:sequence>
    <xs:attribute name="id" type="xs:ID"/>
    <xs:attribute name="href" type="xs:anyURI"/>
    <xs:anyAttribute namespace="##other" processContents="lax"/>
  </xs:complexType>
</xs:schema>
`;

/**
 * The service description: SOAP 1.1, RPC/encoded, in the style that Delphi servers publish (khaos-control-api 2.1). No real
 * one is public. It describes the default dialect.
 * @param location where the calls go
 * @param encoding where the schema of SOAP's encoding is
 */
export function wsdl(location: string, encoding: string, settings: KhaosSettings, dialect: Dialect): string {
	const methods = METHODS.filter(({ name }) => !settings.missingMethods.includes(name));
	const messages = methods.map(({ name, parameters, result }) => {
		const parts = parameters.map(([part, type]) => `<part name="${part}" type="${typeName(type)}"/>`).join('');
		return `  <message name="${name}Request">${parts || NO_PARTS}</message>
  <message name="${name}Response"><part name="${dialect.resultName}" type="${typeName(result)}"/></message>`;
	});
	const operations = methods.map(
		({ name }) =>
			`    <operation name="${name}"><input message="tns:${name}Request"/><output message="tns:${name}Response"/></operation>`,
	);
	const body = `<soap:body use="encoded" encodingStyle="${SOAP_ENCODING}" namespace="${METHOD_NAMESPACE}"/>`;
	const bound = methods.map(
		({ name }) =>
			`    <operation name="${name}"><soap:operation soapAction="${METHOD_NAMESPACE}#${name}" style="rpc"/><input>${body}</input><output>${body}</output></operation>`,
	);
	return `<?xml version="1.0" encoding="utf-8"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:xs="${XSD}" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soapenc="${SOAP_ENCODING}" xmlns:ns1="${TYPE_NAMESPACE}" xmlns:tns="http://tempuri.org/" name="IKosWebservice" targetNamespace="http://tempuri.org/">
  <types>
    <xs:schema targetNamespace="${TYPE_NAMESPACE}" xmlns="${TYPE_NAMESPACE}">
      <xs:import namespace="${SOAP_ENCODING}" schemaLocation="${encoding}"/>
${NOTHING}
${Object.entries(STRUCTURES)
	.map(([name, members]) => structure(name, members))
	.join('\n')}
${Object.entries(ARRAYS)
	.map(([name, itemType]) => arrayType(name, itemType))
	.join('\n')}
    </xs:schema>
  </types>
${messages.join('\n')}
  <portType name="IKosWeb">
${operations.join('\n')}
  </portType>
  <binding name="IKosWebbinding" type="tns:IKosWeb">
    <soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
${bound.join('\n')}
  </binding>
  <service name="IKosWebservice">
    <port name="IKosWebPort" binding="tns:IKosWebbinding"><soap:address location="${location}"/></port>
  </service>
</definitions>
`;
}
