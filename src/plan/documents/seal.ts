import { createHmac } from 'node:crypto';
import type { Secret } from '../../secret.js';

/**
 * What only who has the keystore can make of a text, and nobody can guess the text from: its HMAC-SHA-256 in hex.
 * @param key the keystore's key for plans
 * @param of what kind of text it is, so that the seal of one kind is of no use as that of another
 */
export const sealOf = (key: Secret, of: 'plan' | 'inventory' | 'rollout' | 'secret', text: string): string =>
  createHmac('sha256', Buffer.from(key.reveal(), 'hex')).update(`podstrap ${of}\n${text}`).digest('hex');
