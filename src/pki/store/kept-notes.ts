import { readdir, rm } from 'node:fs/promises';
import type { Inventory } from '../../inventory/inventory.js';
import { certificatesOf } from '../certificate-spec.js';
import { readIfThere, writeWhole } from './store-files.js';

/** A certificate of a host that another operator made, whose key is not in this keystore. */
export interface KeptNote {
  readonly host: string;
  /** Name in the catalog. */
  readonly name: string;
  /** PEM. */
  readonly certificate: string;
}

/** Where it is noted, beside the keystore's own pair. */
export const noteFile = (directory: string, host: string, name: string): string =>
  `${directory}/pki/hosts/${host}/${name}${ending}`;

const ending = '.elsewhere.crt';

/**
 * Notes the certificates that were seen on hosts and left alone, and forgets what is no longer so.
 * @param seen hosts that were looked at
 * @throws Failure `keystore` when the disk refuses
 */
export async function noteKept(
  directory: string,
  inventory: Inventory,
  seen: readonly string[],
  kept: readonly KeptNote[],
): Promise<void> {
  const hosts = inventory.spec.hosts.filter(({ name }) => seen.includes(name));
  for (const host of hosts) {
    const there: readonly string[] = await readdir(`${directory}/pki/hosts/${host.name}`).catch(() => []);
    for (const name of certificatesOf(inventory, host)) {
      const file = noteFile(directory, host.name, name);
      const pair = kept.find((one) => one.host === host.name && one.name === name);
      if (pair === undefined) {
        if (there.includes(`${name}${ending}`)) await rm(file, { force: true });
      } else if (readIfThere(file) !== pair.certificate) await writeWhole(file, pair.certificate, 0o600);
    }
  }
}
