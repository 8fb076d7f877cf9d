import { HttpFailure, type Request } from '../../http';
import { withoutSecrets } from '../../secrets';
import { khaosClientOf, type KhaosConnection } from './connection';
import { answerFailure, connectionFailure, KhaosError, KhaosFault, KhaosUnknownOutcome } from './fault';
import { getVersion } from './version';
import { readXml, sameName, walk, XmlError } from './xml';

const MOST_WSDL_BYTES = 8 * 1024 * 1024;
const PATIENCE_MS = 30_000;

/** What a WSDL says of the server behind it. */
interface Described {
	/** It is the interface of Khaos Control. */
	isKhaos: boolean;
	methods: Set<string>;
}

/** Reads the WSDL; null where there is none at its place. Throws KhaosError where the server can't be reached at all. */
async function describe(connection: KhaosConnection, request: Request): Promise<Described | null> {
	const answer = await request({
		method: 'GET',
		url: connection.endpoint.wsdl,
		headers: { ...connection.headers, accept: 'text/xml' },
		timeoutMs: Math.min(connection.timeoutMs, PATIENCE_MS),
		maxBytes: MOST_WSDL_BYTES,
	}).catch((error: unknown) =>
		error instanceof HttpFailure
			? connectionFailure('the WSDL', error.kind, error.message)
			: Promise.reject(error as Error),
	);
	if (answer instanceof Error) throw answer;
	if (answer.status === 401 || answer.status === 403)
		throw answerFailure('the WSDL', answer.status, withoutSecrets(answer.body, connection.secrets), null);
	const document = answer.status === 200 ? readXml(answer.body) : null;
	if (document === null || document instanceof XmlError || document.name !== 'definitions') return null;
	const named = [...walk(document)].map((element) => ({ name: element.name, called: element.attributes.name ?? '' }));
	return {
		isKhaos: named.some(({ called }) => sameName(called).startsWith('ikosweb')),
		methods: new Set(named.filter(({ name }) => name === 'operation').map(({ called }) => called)),
	};
}

const IMPORT_NOTE =
	'It does not offer ImportStockTSV, so items can be read but not written: the Stock Import Tool is an option (from version 8.236) that KCSL enables.';

const ZIP_NOTE = "It does not offer ExportStockCompressed: turn off 'Compressed Exports', or nothing can be read back.";

/** What the WSDL lacks that this package needs, in sentences; '' where there is none to look at. */
function notesOf(described: Described | null, { compressedExports }: KhaosConnection): string {
	if (described?.isKhaos !== true) return '';
	const { methods } = described;
	const notes = [
		...(methods.has('ImportStockTSV') ? [] : [IMPORT_NOTE]),
		...(compressedExports && !methods.has('ExportStockCompressed') ? [ZIP_NOTE] : []),
	];
	return notes.map((note) => ` ${note}`).join('');
}

const NOT_KHAOS = "A web service answers there, but it isn't Khaos Control's (interface IKosWeb)";
const CHECK_NAME = 'Check the host, the port and the name of the executable in the URL.';

/**
 * The credential's test: calls GetVersion and looks at the WSDL. Returns a sentence for the person who pressed Test; throws
 * KhaosError whose message and remedy tell an unreachable host, a certificate that isn't trusted, a refused credential, a
 * wrong URL and another kind of server apart.
 */
export async function verifyKhaosConnection(
	connection: KhaosConnection,
	request: Request,
	now: () => number,
): Promise<string> {
	const patient = { ...connection, timeoutMs: Math.min(connection.timeoutMs, PATIENCE_MS) };
	const answered = await getVersion(khaosClientOf(patient, request, now)).catch((error: unknown) =>
		error instanceof KhaosError ? error : Promise.reject(error as Error),
	);
	if (typeof answered === 'string') {
		const described = await describe(connection, request).catch(() => null);
		return `Khaos Control ${answered} answers.${notesOf(described, connection)}`;
	}
	const mayBeKhaos =
		(answered instanceof KhaosFault && ['fault', 'methodNotFound', 'wrongUrl'].includes(answered.kind)) ||
		(answered instanceof KhaosUnknownOutcome && ['notSoap', 'serverError', 'truncated'].includes(answered.kind));
	if (!mayBeKhaos) throw answered;
	const described = await describe(connection, request);
	if (described?.isKhaos === true && answered instanceof KhaosFault && answered.kind === 'methodNotFound') {
		return `Khaos Control answers, but has no GetVersion.${notesOf(described, connection)}`;
	}
	if (described?.isKhaos === true) throw answered;
	if (described !== null || (answered instanceof KhaosFault && answered.kind !== 'wrongUrl')) {
		throw new KhaosFault('wrongUrl', 'GetVersion', NOT_KHAOS, CHECK_NAME);
	}
	throw answered;
}
