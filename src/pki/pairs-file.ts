import { Secret } from '../secret.js';
import type { CertifiedKey } from './keys.js';

/**
 * All pairs of one host in one text: a line `# name`, its key, its certificate. One file, one rename: a key and its
 * certificate can never be of different making.
 */
export const formatPairs = (pairs: Readonly<Record<string, CertifiedKey>>): string =>
  Object.entries(pairs)
    .map(([name, { key, certificate }]) => `# ${name}\n${key.reveal().trim()}\n${certificate.trim()}\n`)
    .join('\n');

const keyBlock = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----/;
const certificateBlocks = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** What formatPairs wrote. A part that is damaged is left out, as if it had not been made yet. */
export function parsePairs(text: string): Record<string, CertifiedKey> {
  const pairs: Record<string, CertifiedKey> = {};
  for (const part of text.split(/^# /m).slice(1)) {
    const name = part.slice(0, part.indexOf('\n')).trim();
    const key = keyBlock.exec(part)?.[0];
    const certificates = part.match(certificateBlocks);
    if (key !== undefined && certificates !== null)
      pairs[name] = { key: new Secret(`${key}\n`), certificate: `${certificates.join('\n')}\n` };
  }
  return pairs;
}
