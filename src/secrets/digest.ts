import { createHash } from 'node:crypto';
import { reveal, type Secret } from '../secret.js';

/** Hex SHA-256 of a text as UTF-8. */
export const digestOf = (content: string | Secret): string =>
  createHash('sha256').update(reveal(content)).digest('hex');
