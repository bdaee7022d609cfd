import { Failure } from '../failure.js';
import type { Inventory } from '../inventory/inventory.js';
import { Secret } from '../secret.js';
import { readAuthority } from './authorities.js';
import { type CertificateSpec, certificateSpec, certificatesOf, operatorSpec } from './catalog.js';
import { type Judgement, judge, parseAll, renewalWindow } from './judge.js';
import type { Authority, AuthorityName, CertifiedKey } from './keys.js';
import { readPair } from './pair-file.js';
import { readIfThere, readSecretIfThere } from './store-files.js';

export interface KeystoreInput {
  /** Where everything of the cluster is kept, `.podstrap/<cluster>`. */
  readonly directory: string;
  readonly inventory: Inventory;
  readonly now: Date;
  readonly randomBytes?: (size: number) => Buffer;
}

/** A pair that there should be, and what there is. */
export interface Entry {
  /** Host name; undefined for podstrap's own client certificates. */
  readonly host: string | undefined;
  readonly spec: CertificateSpec;
  readonly file: string;
  /** Where a request for it goes when its authority is elsewhere; without ending. */
  readonly request: string;
  readonly pair: CertifiedKey | undefined;
  /** What is wrong with the pair. */
  readonly wrong: readonly Judgement[];
}

/** `cp-1/apiserver`, `operator/etcd` */
export const entryName = ({ host = 'operator', spec }: Pick<Entry, 'host' | 'spec'>): string =>
  `${host}/${spec.name}`;

/** What a keystore holds; undefined is what has to be made. */
export interface Survey {
  readonly clusterId: string | undefined;
  readonly authorities: Readonly<Record<AuthorityName, Authority | undefined>>;
  readonly serviceAccount: Secret | undefined;
  readonly entries: readonly Entry[];
}

export const clusterIdFile = (directory: string): string => `${directory}/pki/cluster-id`;
export const serviceAccountFile = (directory: string): string => `${directory}/pki/sa.key`;

/** Reads and judges a keystore, and changes nothing. @throws Failure `keystore` when something in it is of no use */
export function survey({ directory, inventory, now }: KeystoreInput): Survey {
  const authority = (name: AuthorityName) => readAuthority(directory, inventory, name, now);
  const authorities = {
    ca: authority('ca'),
    'front-proxy-ca': authority('front-proxy-ca'),
    'etcd-ca': authority('etcd-ca'),
  };
  const anchors = Object.fromEntries(
    Object.entries(authorities).map(([name, one]) => [name, one ? parseAll(one.certificate) : []]),
  );
  const serviceAccount = readSecretIfThere(serviceAccountFile(directory));
  return {
    clusterId: readClusterId(clusterIdFile(directory)),
    authorities,
    serviceAccount: serviceAccount === undefined ? undefined : new Secret(serviceAccount),
    entries: wantedPairs(directory, inventory).map((entry) => {
      const pair = readPair(entry.file);
      const options = { renewBefore: renewalWindow };
      const wrong = pair
        ? judge(pair.certificate, entry.spec, anchors[entry.spec.authority]!, now, options)
        : [];
      return { ...entry, pair, wrong };
    }),
  };
}

/** True when nothing has to be made or renewed. */
export const isComplete = ({ clusterId, authorities, serviceAccount, entries }: Survey): boolean =>
  clusterId !== undefined &&
  serviceAccount !== undefined &&
  Object.values(authorities).every((authority) => authority !== undefined) &&
  entries.every(({ pair, wrong }) => pair !== undefined && wrong.length === 0);

function wantedPairs(directory: string, inventory: Inventory): readonly Omit<Entry, 'pair' | 'wrong'>[] {
  const ofHosts = inventory.spec.hosts.flatMap((host) =>
    certificatesOf(host).map((name) => ({
      host: host.name,
      spec: certificateSpec(inventory, host, name),
      file: `${directory}/pki/hosts/${host.name}/${name}.pem`,
      request: `${directory}/csr/${host.name}/${name}`,
    })),
  );
  const ofOperator = (['super-admin', 'etcd'] as const).map((name) => ({
    host: undefined,
    spec: operatorSpec(inventory, name),
    file: `${directory}/pki/operator/${name}.pem`,
    // No host can have an underscore in its name.
    request: `${directory}/csr/_operator/${name}`,
  }));
  return [...ofHosts, ...ofOperator];
}

function readClusterId(file: string): string | undefined {
  const text = readIfThere(file)?.trim();
  if (text === undefined || /^[0-9a-f]{32}$/.test(text)) return text;
  throw new Failure({
    kind: 'keystore',
    doing: `Reading ${file}`,
    said: 'it is not the identity of a cluster, 32 hexadecimal digits',
    next: 'Put the right one back: every control plane has it in /var/lib/podstrap/cluster.json.',
  });
}
