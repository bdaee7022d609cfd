import { inputs } from '../desired/pods/inputs.js';
import type { Host } from '../inventory/inventory.js';
import { type FoundCertificate, findCertificates } from '../observed/find-certificates.js';
import { authorityNames, catalog } from '../pki/catalog.js';
import { authorityPlace, certificatePlace } from '../pki/certificate-places.js';
import { type CertificateSpec, certificateSpec, operatorSpec } from '../pki/certificate-spec.js';
import { judgeCertificate, renewBeforeOf } from '../pki/judge.js';
import type { CertifiedKey } from '../pki/keys.js';
import type { Effect } from '../pki/reading.js';
import { type CertificateDescription, describeCertificate } from '../pki/x509/inspect.js';
import { publicKeyOf } from '../pki/x509/public-key.js';
import { isYounger } from '../plan/diff/kept-pairs.js';
import { askEach, openSite, type Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';

/** A process that reads a certificate, and what a new one asks of it. */
export interface Reader {
  readonly component: string;
  readonly effect: Effect;
}

/** One certificate: where it is, what it says, who reads it, and what is wrong with it. */
export interface ListedCertificate extends Omit<CertificateDescription, 'notBefore' | 'notAfter'> {
  /** Undefined for those in the keystore. */
  readonly host?: string;
  /** On the host; in the keystore its name, such as `operator/etcd`. */
  readonly path: string;
  readonly part?: FoundCertificate['part'];
  /** Its name in podstrap's catalog, for `certs renew`; undefined for what podstrap did not make. */
  readonly name?: string;
  readonly notBefore: string;
  readonly expires: string;
  readonly daysLeft: number;
  readonly readBy: readonly Reader[];
  /** True when another operator made it, and `up` leaves it alone: its key is not in this keystore. */
  readonly elsewhere?: true;
  /** Sentences without their full stop. */
  readonly problems: readonly string[];
}

export interface CertificateList {
  readonly apiVersion: 'podstrap.io/v1alpha1';
  readonly kind: 'CertificateList';
  readonly cluster: string;
  /** The one that ends first comes first. */
  readonly items: readonly ListedCertificate[];
  /** Hosts whose certificates are not in the list. */
  readonly unreachable: readonly { readonly host: string; readonly said: string }[];
}

/** What a certificate should be, where podstrap knows: as the catalog says, or the very authority. */
interface Expected {
  readonly name: string;
  readonly spec?: CertificateSpec;
  readonly ours: string;
}

const dayMs = 86_400_000;

/** Every certificate on every host and of the keystore itself. Reads only; no key leaves a host. */
export async function listCertificates(session: Session): Promise<CertificateList> {
  const site = await openSite(session);
  try {
    return await listCertificatesOf(session, site);
  } finally {
    await site.close();
  }
}

/** The same over connections that are open already. */
export async function listCertificatesOf(
  session: Session,
  site: Pick<Site, 'transports' | 'unreachable' | 'setAside'>,
): Promise<CertificateList> {
  const { hosts } = session.inventory.spec;
  const seen = await askEach(site, (transport) => findCertificates(transport));
  const found = hosts.flatMap((host) => ofHost(session, host, seen.get(host.name) ?? []));
  const items = [...found, ...ofKeystore(session)];
  return {
    apiVersion: 'podstrap.io/v1alpha1',
    kind: 'CertificateList',
    cluster: session.inventory.metadata.name,
    items: items.sort((a, b) => (a.expires < b.expires ? -1 : a.expires > b.expires ? 1 : 0)),
    unreachable: [...site.unreachable].map(([host, { message }]) => ({ host, said: message })),
  };
}

const ofHost = (
  session: Session,
  host: Host,
  found: readonly FoundCertificate[],
): readonly ListedCertificate[] =>
  found.map(({ path, part, pem }) =>
    listed(session, pem, expectedOn(session, host, path, part), {
      host: host.name,
      path,
      ...(part === undefined ? {} : { part }),
      readBy: part === 'authority' ? [] : readersOf(path),
    }),
  );

/** Of the keystore only what is nowhere else: the pairs of hosts are on the hosts. */
function ofKeystore(session: Session): ListedCertificate[] {
  const { inventory, keys } = session;
  const readBy = [{ component: 'podstrap', effect: 'none' as const }];
  const authorities = Object.entries(keys.authorities).map(([name, { certificate }]) =>
    listed(session, certificate, { name, ours: certificate }, { path: name, readBy }),
  );
  const operators = Object.entries(keys.operator).map(([name, { certificate }]) => {
    const spec = operatorSpec(inventory, name as keyof typeof keys.operator);
    return listed(
      session,
      certificate,
      { name, spec, ours: certificate },
      { path: `operator/${name}`, readBy },
    );
  });
  return [...authorities, ...operators];
}

function listed(
  session: Session,
  pem: string,
  expected: Expected | undefined,
  place: Pick<ListedCertificate, 'path' | 'readBy'> & Partial<ListedCertificate>,
): ListedCertificate {
  const now = session.now();
  const { notBefore, notAfter, ...said } = describeCertificate(pem);
  return {
    ...place,
    ...(expected === undefined ? {} : { name: expected.name }),
    ...said,
    notBefore: notBefore.toISOString(),
    expires: notAfter.toISOString(),
    daysLeft: Math.floor((notAfter.getTime() - now.getTime()) / dayMs),
    ...problemsOf(session, pem, expected, now),
  };
}

function problemsOf(
  session: Session,
  pem: string,
  expected: Expected | undefined,
  now: Date,
): Pick<ListedCertificate, 'problems' | 'elsewhere'> {
  const { notBefore, notAfter } = describeCertificate(pem);
  if (expected?.spec === undefined) {
    const time = [
      ...(now > notAfter ? ['it has expired'] : []),
      ...(now < notBefore ? ['it is not valid yet'] : []),
    ];
    const other = expected !== undefined && publicKeyOf(pem) !== publicKeyOf(expected.ours);
    return { problems: other ? [...time, 'it is another authority than the keystore’s'] : time };
  }
  const { certificate } = session.keys.authorities[expected.spec.authority];
  const options = { renewBefore: renewBeforeOf(session.inventory) };
  const wrong = judgeCertificate(pem, expected.spec, certificate, now, options).map(({ said }) => said);
  if (publicKeyOf(pem) === publicKeyOf(expected.ours)) return { problems: wrong };
  if (wrong.length === 0 && isYounger(pem, expected.ours)) return { problems: [], elsewhere: true };
  return { problems: [...wrong, 'the keystore has another one; `podstrap up` brings it'] };
}

function expectedOn(
  { inventory, keys }: Session,
  host: Host,
  path: string,
  part: FoundCertificate['part'],
): Expected | undefined {
  const authority =
    part === 'authority' ? 'ca' : authorityNames.find((one) => authorityPlace(one).certificate === path);
  if (authority !== undefined) return { name: authority, ours: keys.authorities[authority].certificate };
  const name = Object.keys(catalog).find((one) => certificatePlace(one).certificate === path);
  const pair: CertifiedKey | undefined = name === undefined ? undefined : keys.hosts[host.name]?.[name];
  if (name === undefined || pair === undefined) return undefined;
  return { name, spec: certificateSpec(inventory, host, name), ours: pair.certificate };
}

const readersOf = (path: string): Reader[] => {
  if (path.startsWith('/var/lib/kubelet/')) return [{ component: 'kubelet', effect: 'reload' }];
  return inputs.filter((input) => input.path === path).map(({ by, effect }) => ({ component: by, effect }));
};
