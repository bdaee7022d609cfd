import { hasOwnEncryption } from '../../inventory/hardening/encryption-wishes.js';
import type { Inventory } from '../../inventory/inventory.js';
import type { Ring } from '../../pki/encryption/ring.js';
import { ringText } from '../../pki/encryption/ring-text.js';
import { Secret } from '../../secret.js';
import { hardeningPlaces } from './places.js';

const source = 'podstrap’s configuration of encryption';

/**
 * The inventory with what lets API servers encrypt, as if its author had said it. A user's own configuration stands. Pure.
 * @param ring undefined, or without chains: nothing is encrypted
 */
export function encrypted(inventory: Inventory, ring: Ring | undefined): Inventory {
  const { spec } = inventory;
  if (ring === undefined || Object.keys(ring.chains).length === 0 || hasOwnEncryption(spec)) return inventory;
  const path = hardeningPlaces.encryption;
  const { extraArgs, extraFiles } = spec.apiServer;
  return {
    ...inventory,
    spec: {
      ...spec,
      apiServer: {
        ...spec.apiServer,
        extraArgs: [
          { name: 'encryption-provider-config', value: path },
          { name: 'encryption-provider-config-automatic-reload', value: 'true' },
          ...extraArgs,
        ],
        extraFiles: [{ path, source, secret: true }, ...extraFiles],
      },
    },
    files: new Map([[source, new Secret(ringText(ring))], ...inventory.files]),
  };
}
