import { Failure } from '../../failure.js';
import type { Inventory } from '../../inventory/inventory.js';
import type { Secret } from '../../secret.js';
import { authorityNames, operators, serviceAccountFiles } from '../catalog.js';
import { type CertificateSpec, certificateSpec, certificatesOf, operatorSpec } from '../certificate-spec.js';
import { type Judgement, judge, type RenewBefore, renewBeforeOf } from '../judge.js';
import type { Authority, AuthorityName, CertifiedKey, Keys } from '../keys.js';
import { readCertificates } from '../x509/read-certificates.js';
import { readAuthority } from './authorities.js';
import { noteFile } from './kept-notes.js';
import { readPair } from './pair-file.js';
import { readPlanKey } from './plan-key.js';
import { readServiceAccount } from './service-account.js';
import { readIfThere } from './store-files.js';

export interface KeystoreInput {
  /** Where everything of the cluster is kept, `.podstrap/<cluster>`. */
  readonly directory: string;
  readonly inventory: Inventory;
  readonly now: Date;
  readonly randomBytes?: (size: number) => Buffer;
  /** Pairs to make anew although nothing may be wrong with them. */
  readonly renew?: PairChoice;
}

/** Chooses pairs by their host, undefined for podstrap's own, and their name in the catalog. */
export type PairChoice = (host: string | undefined, name: string) => boolean;

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

/** What a cluster has once and for all. */
export type Roots = Pick<Keys, 'clusterId' | 'planKey' | 'authorities' | 'serviceAccount'>;

/** Roots as they were found; undefined is what has to be made. */
export interface FoundRoots {
  readonly clusterId: string | undefined;
  readonly planKey: Secret | undefined;
  readonly authorities: Readonly<Record<AuthorityName, Authority | undefined>>;
  readonly serviceAccount: Keys['serviceAccount'] | undefined;
}

export const clusterIdFile = (directory: string): string => `${directory}/pki/cluster-id`;
export const planKeyFile = (directory: string): string => `${directory}/pki/plan.key`;
export const serviceAccountFile = (directory: string): string =>
  `${directory}/${serviceAccountFiles.privateKey.file}`;

/** Reads and checks the roots. @throws Failure `keystore` when one of them is of no use */
export function readRoots({ directory, inventory, now }: KeystoreInput): FoundRoots {
  const authority = (name: AuthorityName) => readAuthority(directory, inventory, name, now);
  return {
    clusterId: readClusterId(clusterIdFile(directory)),
    planKey: readPlanKey(planKeyFile(directory)),
    authorities: Object.fromEntries(
      authorityNames.map((name) => [name, authority(name)]),
    ) as FoundRoots['authorities'],
    serviceAccount: readServiceAccount(serviceAccountFile(directory)),
  };
}

/** Reads and judges every pair that there should be. @throws Failure `keystore` when one of them is damaged */
export function readEntries(
  { directory, inventory, now, renew }: KeystoreInput,
  authorities: FoundRoots['authorities'],
): readonly Entry[] {
  const anchors = new Map(
    Object.entries(authorities).map(([name, authority]) => [
      name,
      readCertificates(authority?.certificate ?? ''),
    ]),
  );
  const renewBefore = renewBeforeOf(inventory);
  return wantedPairs(directory, inventory).map((entry) => {
    const found = readPair(entry.file);
    if (found === undefined) return { ...entry, pair: undefined, wrong: [] };
    const wrong = judge(found.read, entry.spec, anchors.get(entry.spec.authority)!, now, { renewBefore });
    const asked = renew?.(entry.host, entry.spec.name) === true ? [askedFor] : [];
    const isRenewedElsewhere =
      isDue(wrong) && isSoundNote(noteOf(directory, entry), entry.spec, anchors, now, renewBefore);
    return { ...entry, pair: found.pair, wrong: [...(isRenewedElsewhere ? [] : wrong), ...asked] };
  });
}

/** True when nothing is wrong with a pair but that it ends before long. */
const isDue = (wrong: readonly Judgement[]): boolean =>
  wrong.length > 0 && wrong.every(({ problem }) => problem === 'expiring');

const noteOf = (directory: string, { host, spec }: Pick<Entry, 'host' | 'spec'>): string | undefined =>
  host === undefined ? undefined : readIfThere(noteFile(directory, host, spec.name));

/** True for a certificate that another operator has brought to the host and that need not be renewed yet. */
const isSoundNote = (
  pem: string | undefined,
  spec: CertificateSpec,
  anchors: ReadonlyMap<string, ReturnType<typeof readCertificates>>,
  now: Date,
  renewBefore: RenewBefore,
): boolean =>
  pem !== undefined &&
  judge(readCertificates(pem), spec, anchors.get(spec.authority)!, now, { renewBefore }).length === 0;

const askedFor: Judgement = { problem: 'asked', said: 'its renewal was asked for' };

/** The roots, when none has to be made. */
export function wholeRoots({
  clusterId,
  planKey,
  authorities,
  serviceAccount,
}: FoundRoots): Roots | undefined {
  const { ca, 'front-proxy-ca': frontProxy, 'etcd-ca': etcd } = authorities;
  if (!clusterId || !planKey || !serviceAccount || !ca || !frontProxy || !etcd) return undefined;
  return {
    clusterId,
    planKey,
    serviceAccount,
    authorities: { ca, 'front-proxy-ca': frontProxy, 'etcd-ca': etcd },
  };
}

/** True when the pair is there and nothing is wrong with it. */
export const isSound = ({ pair, wrong }: Entry): boolean => pair !== undefined && wrong.length === 0;

function wantedPairs(directory: string, inventory: Inventory): readonly Omit<Entry, 'pair' | 'wrong'>[] {
  const ofHosts = inventory.spec.hosts.flatMap((host) =>
    certificatesOf(inventory, host).map((name) => ({
      host: host.name,
      spec: certificateSpec(inventory, host, name),
      file: `${directory}/pki/hosts/${host.name}/${name}.pem`,
      request: `${directory}/csr/${host.name}/${name}`,
    })),
  );
  const ofOperator = (Object.keys(operators) as (keyof typeof operators)[]).map((name) => ({
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
