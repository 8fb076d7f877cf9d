import fc from 'fast-check';

import {
	decodeXmlText,
	encodeXmlText,
	innerMarkup,
	MAX_DEPTH,
	parseXml,
	XmlError,
} from '../../../lib/khaos/webServices/xml';

describe('XML of any server', () => {
	test('what is written into an element is read back as it was, whatever it is', () => {
		// XML 1.0 has no way to carry control characters and lone surrogates; line ends are one character to it.
		const carried = fc
			.string({ unit: 'grapheme', maxLength: 60 })
			// eslint-disable-next-line no-control-regex
			.map((text) => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, ''));
		fc.assert(
			fc.property(carried, (text) => {
				expect(parseXml(`<r><v>${encodeXmlText(text)}</v></r>`).children[0]!.text).toBe(text);
			}),
		);
	});

	test('any text at all gives a document that can be read', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), (text) => {
				expect(() => parseXml(`<v>${encodeXmlText(text)}</v>`)).not.toThrow();
			}),
		);
	});

	test('names are local, attributes too; text is not trimmed', () => {
		const root = parseXml(
			'\ufeff <?xml version="1.0" encoding="UTF-16"?>\n<a:r xmlns:a="u" i:type="x"> <b:v n:nil="true"/> t </a:r>\n',
		);
		expect(root).toMatchObject({ name: 'r', attributes: { type: 'x' }, text: '  t ' });
		expect(root.children).toMatchObject([{ name: 'v', attributes: { nil: 'true' } }]);
	});

	test('the five entities and numbers are decoded, nothing else; CDATA is taken as it stands', () => {
		expect(decodeXmlText('&lt;&amp;&#65;&#x42;&bull;&#0;&#xD800; & x')).toBe('<&AB&bull; & x');
		expect(parseXml('<v>&amp;lt; <![CDATA[<b>&amp;</b>]]></v>').text).toBe('&lt; <b>&amp;</b>');
	});

	test.each([
		['a document type', '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>'],
		['a document type in lower case', '<!doctype html><r/>'],
		['entities that unfold', '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r>&b;</r>'],
		['a declaration in the middle', '<r><!ELEMENT x ANY></r>'],
	])('%s is refused', (_, text) => {
		expect(() => parseXml(text)).toThrow('document type');
	});

	test('a document type inside CDATA or a comment is only text', () => {
		expect(parseXml('<v><![CDATA[<!DOCTYPE html>]]><!-- <!DOCTYPE x> --></v>').text).toBe('<!DOCTYPE html>');
	});

	test.each([
		'<a><b>',
		'<a><b></b>',
		'<a',
		'<a>text',
		'<a><![CDATA[x',
		'<a><!-- x',
		'<a></b>',
		'',
		'plain',
		'<a/><b/>',
	])('%s is no document', (text) => {
		expect(() => parseXml(text)).toThrow(XmlError);
	});

	test('every cut of a document is noticed', () => {
		const whole = '<r><i a="1">x &amp; y</i><i><![CDATA[z]]></i><!-- c --></r>';
		for (let end = 1; end < whole.length; end++) expect(() => parseXml(whole.slice(0, end))).toThrow(XmlError);
	});

	test('nesting has an end', () => {
		const nested = (depth: number) => `${'<n>'.repeat(depth)}${'</n>'.repeat(depth)}`;
		expect(() => parseXml(nested(MAX_DEPTH))).not.toThrow();
		expect(() => parseXml(nested(MAX_DEPTH + 20))).toThrow(XmlError);
	});

	test('names of JavaScript harm nothing', () => {
		expect(parseXml('<r><toString>y</toString></r>').children[0]!.name).toMatch(/toString/);
		expect(() => parseXml('<r><__proto__ polluted="1"/></r>')).toThrow(XmlError);
		expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
	});

	test('markup that stands unescaped in an element is given back as markup', () => {
		const root = parseXml('<d>Hi <b class="x">you</b> &amp; me<br/></d>');
		expect(innerMarkup(root)).toBe('Hi <b class="x">you</b> & me<br/>');
	});
});
