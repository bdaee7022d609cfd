import type { Secret } from '../../secret.js';
import type { Step } from '../step.js';
import { sealOf } from './seal.js';

/**
 * Steps as anybody may see them: whose digests of secret files only who has the keystore can make. A plain hash of a PIN tells
 * the PIN. Pure.
 */
export const veiled = (steps: readonly Step[], key: Secret): readonly Step[] =>
  steps.map((step) => {
    const { action, replaces } = step;
    if (action.do !== 'write-file' || !action.secret) return step;
    const sha256 = sealOf(key, 'secret', action.sha256);
    return {
      ...step,
      action: { ...action, sha256 },
      ...(replaces === undefined ? {} : { replaces: sealOf(key, 'secret', replaces) }),
    };
  });
