import { hardeningPlaces } from '../desired/hardening/places.js';
import type { Settled } from '../desired/settled.js';
import { Failure } from '../failure.js';
import { encryptionWishes, hasOwnEncryption } from '../inventory/hardening/encryption-wishes.js';
import { wantedRows } from '../inventory/hardening/wanted-rows.js';
import { controlPlanes, hasApi } from '../inventory/inventory.js';
import type { HostFacts } from '../observed/facts.js';
import { readText } from '../observed/read-text.js';
import {
  bornRing,
  isSameLink,
  lackingIn,
  linkName,
  preparedRing,
  type Ring,
  writerOf,
} from '../pki/encryption/ring.js';
import { readRing, ringText } from '../pki/encryption/ring-text.js';
import type { Saying } from '../plan/agree.js';
import type { Situation } from '../plan/situation.js';
import { digestOf } from '../secrets/digest.js';
import type { Transport } from '../transport/transport.js';
import { believe } from './believe.js';
import type { Session } from './session.js';

/** True where the cluster is to encrypt what it stores. */
export const wantsEncryption = (
  { spec }: Session['inventory'],
  { defaults }: Pick<Settled, 'defaults'>,
): boolean => wantedRows(spec, defaults).has('encryption');

/**
 * The keys that API servers are to have: those of the keystore, or, where the keystore has none or older ones, those of the
 * control planes, if they agree. A cluster that is made now writes with its key from the start; in one that exists the key is
 * there for reading only, until `podstrap encryption migrate` turns it.
 * @returns undefined where podstrap has no part in it
 * @throws Failure `refused` when control planes are divided, `keystore`
 */
export async function settleRing(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  facts: ReadonlyMap<string, HostFacts>,
  situation: Situation,
  settled: Pick<Settled, 'defaults'>,
): Promise<Ring | undefined> {
  const { inventory, ring: store } = session;
  if (!hasApi(inventory) || hasOwnEncryption(inventory.spec)) return undefined;
  const isWanted = wantsEncryption(inventory, settled);
  if (situation.kind === 'new') return isWanted ? ringAtBirth(session) : undefined;
  const own = store.load();
  const theirs = await toldRing(session, transports, facts, own, isWanted);
  if (theirs !== undefined) return theirs;
  if (own !== undefined && !(isWanted && isEmpty(own))) {
    tellWriter(session, own, isWanted);
    return own;
  }
  if (!isWanted) return undefined;
  const { provider, resources } = encryptionWishes(inventory.spec);
  const make = situation.kind === 'bootstrapping' && own === undefined ? bornRing : preparedRing;
  const made = make(resources, store.make(provider));
  const ring = { ...made, generation: (own?.generation ?? 0) + 1 };
  await store.save(ring);
  tellWriter(session, ring, isWanted);
  return ring;
}

const isEmpty = ({ chains }: Ring): boolean => Object.keys(chains).length === 0;

/** The ring of a cluster without data: a ring that an earlier look made does, if it is what the inventory asks for. */
export async function ringAtBirth({
  inventory,
  ring: store,
}: Pick<Session, 'inventory' | 'ring'>): Promise<Ring> {
  const { provider, resources } = encryptionWishes(inventory.spec);
  const own = store.load();
  const writer = own && writerOf(own, resources[0]!);
  const kept = writer?.provider === provider ? writer : undefined;
  const ring = bornRing(resources, kept ?? store.make(provider));
  const generation = own?.generation ?? 0;
  if (own !== undefined && ringText({ ...ring, generation }) === ringText(own)) return own;
  const made = { ...ring, generation: generation + 1 };
  await store.save(made);
  return made;
}

/** What is asked for and not so comes with a command of its own: data have to be rewritten. */
function tellWriter({ inventory, emit }: Session, ring: Ring, isWanted: boolean): void {
  const { provider, resources } = encryptionWishes(inventory.spec);
  const named = new Set([...Object.keys(ring.chains), ...resources]);
  const other = [...named].filter((resource) => {
    const wanted = isWanted && resources.includes(resource) ? provider : 'identity';
    return writerOf(ring, resource).provider !== wanted;
  });
  if (other.length === 0 && ring.toward === undefined) return;
  const now = [...new Set(other.map((resource) => linkName(writerOf(ring, resource))))].join(', ');
  const command = isWanted ? 'migrate' : 'disable';
  const message =
    ring.toward === undefined
      ? `${other.join(', ')}: new objects are still written with ${now}, and not as the inventory asks. Run \`podstrap encryption ${command}\``
      : `a change of how data are encrypted has begun, toward ${ring.toward}. Run \`podstrap encryption rotate\`, migrate or disable, whichever it was, to finish it`;
  emit({ event: 'warning', message });
}

/** What control planes have, where it is to be taken instead of what the keystore has. */
async function toldRing(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  facts: ReadonlyMap<string, HostFacts>,
  own: Ring | undefined,
  isWanted: boolean,
): Promise<Ring | undefined> {
  const digest = own && digestOf(ringText(own));
  const reading = controlPlanes(session.inventory).flatMap(({ name }) => {
    const path = facts.get(name)?.encryption;
    const transport = transports.get(name);
    if (path === undefined || transport === undefined) return [];
    const isOurs = path === hardeningPlaces.encryption;
    const isLeft =
      own === undefined
        ? !isOurs && !isWanted
        : isEmpty(own)
          ? isOurs || !isWanted
          : !isOurs || facts.get(name)!.files[path]?.sha256 === digest;
    if (isLeft) return [];
    return [{ name, path, transport }];
  });
  if (reading.length === 0) return undefined;
  const read = await Promise.all(
    reading.map(async ({ name, path, transport }) => {
      const text = await readText(transport, path);
      return { host: name, path, text, ring: text === undefined ? undefined : readRing(text) };
    }),
  );
  const takes = (ring: Ring) => own === undefined || isEmpty(own) || isNewer(ring, own);
  if (own !== undefined && !read.some(({ ring }) => ring !== undefined && takes(ring))) return undefined;
  const said = read.flatMap(({ host, text, ring }): Saying<Ring>[] =>
    ring === undefined ? [] : [{ host, value: ring, digest: digestOf(text!) }],
  );
  const agreed = await believe(session, {
    what: 'the keys that data in etcd are encrypted with',
    doing: 'Taking the keys of encryption from the control planes',
    said,
    unsound: new Map(
      read
        .filter(({ ring }) => ring === undefined)
        .map(({ host, path }) => [
          host,
          `${path} is not an EncryptionConfiguration that podstrap could take over`,
        ]),
    ),
    shown: shownRing,
    asksAlways: false,
  });
  if (agreed === undefined || !takes(agreed)) return undefined;
  // What somebody else wrote is podstrap's from now on, and newer than what lies there.
  const ring = agreed.generation === 0 ? { ...agreed, generation: (own?.generation ?? 0) + 1 } : agreed;
  if (session.vouching.remembers) await session.ring.save(ring);
  return ring;
}

/** A host's ring is to be taken when it has seen changes that this keystore has not, or has keys of another operator. */
const isNewer = (theirs: Ring, own: Ring): boolean =>
  theirs.generation > own.generation ||
  (theirs.generation === own.generation &&
    lackingIn(theirs, own).some(({ link }) => !isSameLink(link, { provider: 'identity' })));

/** For people: names alone. */
const shownRing = ({ chains }: Ring): string =>
  Object.entries(chains)
    .map(([resource, links]) => `${resource}: ${links.map(linkName).join(', ')}`)
    .join('\n');

/** @throws Failure `refused` where the configuration is the user's own */
export function refuseOwnEncryption({ inventory }: Pick<Session, 'inventory'>, doing: string): void {
  if (!hasOwnEncryption(inventory.spec)) return;
  throw new Failure({
    kind: 'refused',
    doing,
    said: 'the inventory has an encryption-provider-config of its own, which podstrap leaves alone',
    next: 'To hand it over: take the flag and its file out of spec.apiServer, add spec.encryption, and run `podstrap up`, which takes over the keys that the control planes have. Nothing was changed.',
  });
}
