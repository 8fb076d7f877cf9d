import { relatedDescription, relatedExecute } from './getRelated';

export const description = relatedDescription('getItems');

export const execute = relatedExecute('items');
