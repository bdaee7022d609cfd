import { X509Certificate } from 'node:crypto';
import { certificateBlocks } from '../../pki/x509/pem-blocks.js';

type Fields = Readonly<Record<string, unknown>>;

/** A cluster, a user or a context, by the name that others call it. */
interface Entry {
  readonly name: string;
  readonly [field: string]: unknown;
}

type Kind = 'clusters' | 'users' | 'contexts';

/** As much of a kubeconfig as a merge needs; see https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
export type Kubeconfig = { readonly [kind in Kind]?: readonly Entry[] | null } & {
  readonly 'current-context'?: string;
  readonly [field: string]: unknown;
};

const kinds = { clusters: 'cluster', users: 'user', contexts: 'context' } as const;

/** What a file has to be before anything is written into it. */
export function isKubeconfig(content: unknown): content is Kubeconfig {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return false;
  const config = content as Fields;
  if (![undefined, 'Config'].includes(config['kind'] as string)) return false;
  if (![undefined, 'v1'].includes(config['apiVersion'] as string)) return false;
  return (
    Object.keys(kinds).every((kind) => isList(config[kind])) &&
    (config['kind'] === 'Config' || isToldSo(config))
  );
}

const isList = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) &&
    value.every((entry) => typeof (entry as Partial<Entry> | null)?.name === 'string'));

const isToldSo = (config: Fields): boolean =>
  ['clusters', 'users', 'contexts', 'current-context', 'preferences'].some((field) => field in config);

/**
 * `theirs` with our cluster, user and context, whose context becomes the current one. An entry of our name is replaced when
 * it is ours, by the cluster's authority and not by its name; else ours are named apart from it. Pure.
 * @param ours one of each
 * @returns the whole, and the name of our context in it
 */
export function mergeEntries(theirs: Kubeconfig, ours: Kubeconfig): { merged: Kubeconfig; context: string } {
  const [cluster, user, context] = [ours.clusters![0]!, ours.users![0]!, ours.contexts![0]!];
  const own = ownership(theirs, cluster);
  const fits = (suffix: string): boolean =>
    (Object.keys(kinds) as Kind[]).every((kind) => {
      const there = entryOf(theirs, kind, `${ours[kind]![0]!.name}${suffix}`);
      return there === undefined || own[kind](there);
    });
  const fitting = suffixes(theirs).filter(fits);
  // Ours of an earlier merge, wherever they are; else the first place that is free.
  const suffix =
    fitting.find((one) => entryOf(theirs, 'clusters', `${cluster.name}${one}`) !== undefined) ?? fitting[0]!;
  const name = `${context.name}${suffix}`;
  const before = entryOf(theirs, 'contexts', name)?.['context'] as Fields | undefined;
  const merged = {
    apiVersion: 'v1',
    kind: 'Config',
    ...theirs,
    clusters: withEntry(theirs.clusters, { ...cluster, name: `${cluster.name}${suffix}` }),
    users: withEntry(theirs.users, { ...user, name: `${user.name}${suffix}` }),
    contexts: withEntry(theirs.contexts, {
      name,
      context: {
        cluster: `${cluster.name}${suffix}`,
        user: `${user.name}${suffix}`,
        ...(before?.['namespace'] === undefined ? {} : { namespace: before['namespace'] }),
      },
    }),
    'current-context': name,
  };
  return { merged, context: name };
}

/** None, then `-2` and so on: one more than there are entries is free in any case. */
const suffixes = (theirs: Kubeconfig): readonly string[] => {
  const most = (theirs.clusters ?? []).length + (theirs.users ?? []).length + (theirs.contexts ?? []).length;
  return ['', ...Array.from({ length: most + 1 }, (_, index) => `-${index + 2}`)];
};

const entryOf = (config: Kubeconfig, kind: Kind, name: string): Entry | undefined =>
  config[kind]?.find((entry) => entry.name === name);

/** `entry` in the place of one of its name, else at the end. */
const withEntry = (entries: readonly Entry[] | null | undefined, entry: Entry): readonly Entry[] => {
  const there = entries ?? [];
  return there.some(({ name }) => name === entry.name)
    ? there.map((one) => (one.name === entry.name ? entry : one))
    : [...there, entry];
};

/** Which entries of `theirs` belong to the cluster of ours. */
function ownership(theirs: Kubeconfig, cluster: Entry): Readonly<Record<Kind, (entry: Entry) => boolean>> {
  const authorities = authoritiesOf(cluster);
  const ourClusters = (theirs.clusters ?? []).filter((entry) => isSameCluster(entry, cluster, authorities));
  const isOurs = (entry: Entry) => ourClusters.includes(entry);
  const refersToUs = ({ context }: Entry) =>
    ourClusters.some(({ name }) => name === (context as Fields | undefined)?.['cluster']);
  const usesOf = (user: string) =>
    (theirs.contexts ?? []).filter(({ context }) => (context as Fields | undefined)?.['user'] === user);
  const isOurUser = (entry: Entry): boolean => {
    const uses = usesOf(entry.name);
    return isIssuedBy(entry, authorities) || (uses.length > 0 && uses.every(refersToUs));
  };
  return {
    clusters: isOurs,
    users: isOurUser,
    contexts: (entry) => {
      const name = (entry['context'] as Fields | undefined)?.['user'];
      const user = (theirs.users ?? []).find((one) => one.name === name);
      return refersToUs(entry) && (user === undefined || isOurUser(user));
    },
  };
}

/** By an authority that both name; only where neither names one, by the server. */
function isSameCluster(entry: Entry, ours: Entry, authorities: readonly X509Certificate[]): boolean {
  const theirs = authoritiesOf(entry);
  if (theirs.length + authorities.length > 0)
    return theirs.some(({ fingerprint256 }) =>
      authorities.some((one) => one.fingerprint256 === fingerprint256),
    );
  const server = (one: Entry) => (one['cluster'] as Fields | undefined)?.['server'];
  return server(entry) !== undefined && server(entry) === server(ours);
}

const isIssuedBy = (entry: Entry, authorities: readonly X509Certificate[]): boolean =>
  certificatesIn(entry['user'], 'client-certificate-data').some((certificate) =>
    authorities.some((one) => certificate.checkIssued(one) && certificate.verify(one.publicKey)),
  );

const authoritiesOf = (entry: Entry): readonly X509Certificate[] =>
  certificatesIn(entry['cluster'], 'certificate-authority-data');

function certificatesIn(fields: unknown, field: string): readonly X509Certificate[] {
  const data = (fields as Fields | null | undefined)?.[field];
  if (typeof data !== 'string') return [];
  return certificateBlocks(Buffer.from(data, 'base64').toString('latin1')).flatMap((pem) => {
    try {
      return [new X509Certificate(pem)];
    } catch {
      return [];
    }
  });
}
