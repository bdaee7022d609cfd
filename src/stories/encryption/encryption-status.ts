import { stage } from '../../apply/stage.js';
import { hardeningPlaces } from '../../desired/hardening/places.js';
import { Failure } from '../../failure.js';
import { encryptionWishes, hasOwnEncryption } from '../../inventory/hardening/encryption-wishes.js';
import { wantedRows } from '../../inventory/hardening/wanted-rows.js';
import { controlPlanes } from '../../inventory/inventory.js';
import { lastGiven } from '../../kubernetes/flags.js';
import { readText } from '../../observed/read-text.js';
import { linkName, type Ring } from '../../pki/encryption/ring.js';
import { readRing, ringText } from '../../pki/encryption/ring-text.js';
import { digestOf } from '../../secrets/digest.js';
import { openSite } from '../../survey/open-site.js';
import { kubeOn, type Session } from '../../survey/session.js';
import { loadedDigest } from './await-loaded.js';
import { countObjects } from './count-objects.js';

export interface EncryptionStatus {
  readonly cluster: string;
  /** What the inventory, or what the cluster was made with, asks for. */
  readonly wanted: string;
  readonly objects: readonly { resource: string; writer: string; count: number; wanted: boolean }[];
  readonly hosts: readonly {
    host: string;
    keys: { resource: string; names: string[] }[];
    loaded: boolean;
    said?: string;
  }[];
  /** Keys that no object may need any more, and snapshots of etcd may. */
  readonly retired: readonly string[];
  readonly toward?: string;
  readonly ok: boolean;
}

/** How data in etcd are encrypted: counted in etcd itself, and read from what control planes have. Reads only. */
export async function encryptionStatus(session: Session): Promise<EncryptionStatus> {
  const { inventory, ring: store } = session;
  const site = await stage(session, 'connect', () => openSite(session));
  try {
    const record = await session.record.load();
    const isOwn = hasOwnEncryption(inventory.spec);
    const isWanted = wantedRows(inventory.spec, record?.defaults).has('encryption');
    const { provider, resources } = encryptionWishes(inventory.spec);
    const ring = isOwn ? undefined : store.load();
    const ofUser = lastGiven(inventory.spec.apiServer.extraArgs, 'encryption-provider-config');
    const path = ofUser ?? hardeningPlaces.encryption;
    const digest = ring && digestOf(ringText(ring));
    const found = await stage(session, 'look', () =>
      Promise.all(
        controlPlanes(inventory).map(async (host) => {
          const transport = site.transports.get(host.name);
          if (transport === undefined)
            return { host: host.name, ring: undefined, loaded: false, said: 'it cannot be reached' };
          try {
            const text = await readText(transport, path);
            const theirs = text === undefined ? undefined : readRing(text);
            const kube = kubeOn(session, transport, host);
            const loaded = await loadedDigest(kube, host).finally(() => kube.close());
            const has = text === undefined ? undefined : digestOf(text);
            // A server that does not watch its file need not tell of it.
            const isLoaded = isOwn
              ? loaded === undefined || loaded === has
              : loaded === has && (digest === undefined || has === digest);
            return { host: host.name, ring: theirs, loaded: isLoaded };
          } catch (error) {
            if (!(error instanceof Failure)) throw error;
            return { host: host.name, ring: undefined, loaded: false, said: error.said ?? error.message };
          }
        }),
      ),
    );
    const named = found.flatMap(({ ring: theirs }) => Object.keys(theirs?.chains ?? {}));
    const asked = [...new Set([...named, ...resources, ...Object.keys(ring?.chains ?? {})])]
      .filter((name) => !name.includes('*'))
      .sort();
    const counts = await countObjects(session, site.transports, asked);
    const wantedOf = (resource: string) => (isWanted && resources.includes(resource) ? provider : 'identity');
    const objects = [...counts].flatMap(([resource, writers]) =>
      [...writers]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([writer, count]) => ({
          resource,
          writer,
          count,
          wanted: isOwn || writer.split(' ')[0] === wantedOf(resource),
        })),
    );
    const hosts = found.map(({ host, ring: theirs, loaded, said }) => ({
      host,
      keys: keysIn(theirs),
      loaded,
      ...(said === undefined ? {} : { said }),
    }));
    const unreadable = objects.filter(({ resource, writer }) => !isReadable(found, resource, writer));
    return {
      cluster: inventory.metadata.name,
      wanted: isOwn ? 'its own configuration' : isWanted ? provider : 'identity',
      objects,
      hosts,
      retired: isOwn ? [] : store.retired().map(linkName),
      ...(ring?.toward === undefined ? {} : { toward: ring.toward }),
      ok:
        unreadable.length === 0 &&
        objects.every(({ wanted }) => wanted) &&
        hosts.every(({ loaded }) => loaded) &&
        ring?.toward === undefined,
    };
  } finally {
    await site.close();
  }
}

const keysIn = (ring: Ring | undefined): { resource: string; names: string[] }[] =>
  Object.entries(ring?.chains ?? {}).map(([resource, links]) => ({ resource, names: links.map(linkName) }));

/** True where each control plane that was seen has a key for it. */
const isReadable = (
  found: readonly { readonly ring: Ring | undefined; readonly said?: string }[],
  resource: string,
  writer: string,
): boolean =>
  found.every(
    ({ ring, said }) =>
      said !== undefined || (ring?.chains[resource]?.map(linkName) ?? ['identity']).includes(writer),
  );
