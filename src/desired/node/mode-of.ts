import type { Secret } from '../../secret.js';
import { holdsSecrets } from '../../secrets/mask-secrets.js';

/**
 * Mode of a configuration that everybody on a host may read, unless something of it may be a secret.
 * @param hidden texts that are secrets wherever they stand
 */
export const modeOf = (content: string, hidden: readonly Secret[] = []): number =>
  holdsSecrets(content, { known: hidden.map((secret) => secret.reveal()) }) ? 0o600 : 0o644;
