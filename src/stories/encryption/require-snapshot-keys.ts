import { namedKeys } from '../../cluster/named-keys.js';
import { Failure } from '../../failure.js';
import { hasOwnEncryption } from '../../inventory/hardening/encryption-wishes.js';
import { type Link, linkName, linksOf, type Ring } from '../../pki/encryption/ring.js';
import type { SavedSnapshot, Session } from '../../survey/session.js';

const doing = 'Looking for the keys that the snapshot’s data are encrypted with';

/**
 * Whoever restores data must be able to read them. Keys that were dropped since come back into the ring, behind the one that writes.
 * @throws Failure `refused`: the keys that nobody has, or that control planes have to get first
 */
export async function requireSnapshotKeys(
  { inventory, ring: store }: Pick<Session, 'inventory' | 'ring'>,
  snapshot: Pick<SavedSnapshot, 'bytes'>,
): Promise<void> {
  if (hasOwnEncryption(inventory.spec)) return;
  const named = await namedKeys(snapshot.bytes());
  const ring = store.load();
  const has = new Set((ring === undefined ? [] : linksOf(ring)).map(linkName));
  const lacking = [...named].filter((name) => !has.has(name)).sort();
  if (lacking.length === 0) return;
  const retired = store.retired();
  const found = retired.filter((key) => lacking.includes(linkName(key)));
  const lost = lacking.filter((name) => !found.some((key) => linkName(key) === name));
  if (lost.length > 0)
    throw new Failure({
      kind: 'refused',
      doing,
      said: `neither the keystore nor its retired keys have ${lost.join(', ')}`,
      next: 'Without them, what they encrypt is lost. Put pki/encryption.yaml and pki/encryption-retired.yaml back from the backup that belongs to the snapshot. If you know that nothing needs them: --skip-key-check. Nothing was changed.',
    });
  await store.save(withKeys(ring, found));
  throw new Failure({
    kind: 'refused',
    doing,
    said: `the control planes do not have ${lacking.join(', ')} any more`,
    next: 'The keystore has them, and they are to be read with again: run `podstrap up`, then restore once more. Afterwards `podstrap encryption rotate` drops them. Nothing was changed on any host.',
  });
}

/** Behind what is there, for every resource; plain objects of that time are read as well. */
function withKeys(ring: Ring | undefined, keys: readonly Link[]): Ring {
  const before = ring ?? { generation: 0, chains: {} };
  const resources = Object.keys(before.chains);
  const plain: Link = { provider: 'identity' };
  const named = resources.length === 0 ? ['secrets'] : resources;
  return {
    ...before,
    generation: before.generation + 1,
    chains: Object.fromEntries(
      named.map((resource) => {
        const links = before.chains[resource] ?? [plain];
        const more = [...keys, plain].filter(
          (link) => !links.some((known) => linkName(known) === linkName(link)),
        );
        return [resource, [...links, ...more]];
      }),
    ),
  };
}
