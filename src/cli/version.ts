import { shippedText } from '../shipped-text.js';

/** The version of this podstrap. */
export const version = (): string => (JSON.parse(shippedText('package.json')) as { version: string }).version;
