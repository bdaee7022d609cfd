import { holdsSecrets } from '../../secrets/mask-secrets.js';

/** Mode of a configuration that everybody on a host may read, unless something of it may be a secret. */
export const modeOf = (content: string): number => (holdsSecrets(content) ? 0o600 : 0o644);
