import type { Kind } from '../../shapes';

/** A record as a sentence begins with it. */
export function subjectOf(kind: Kind, key: string): string {
	switch (kind) {
		case 'stockItem':
			return key;
		case 'kit':
			return `The kit relation of ${key}`;
		case 'price':
			return `The price ${key}`;
		case 'status':
			return `The status of product ${key}`;
	}
}
