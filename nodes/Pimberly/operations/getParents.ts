import { relatedDescription, relatedExecute } from './getRelated';

export const description = relatedDescription('getParents');

export const execute = relatedExecute('parents');
