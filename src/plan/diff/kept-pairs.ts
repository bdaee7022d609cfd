import type { CertificateResource, DesiredHost, FileResource } from '../../desired/resource.js';
import type { KeptFiles } from '../../desired/traits.js';
import { publicPartOf, splitKubeconfig } from '../../host/public-kubeconfig.js';
import type { Inventory } from '../../inventory/inventory.js';
import type { HostFacts } from '../../observed/facts.js';
import { certificateSpec } from '../../pki/certificate-spec.js';
import { judgeCertificate } from '../../pki/judge.js';
import type { Keys } from '../../pki/keys.js';
import { describeCertificate } from '../../pki/x509/inspect.js';
import { publicKeyOf } from '../../pki/x509/public-key.js';
import { reveal } from '../../secret.js';
import { digestOf } from '../../secrets/digest.js';

/** A certificate on a host that another operator made, and that is left alone, with its key. */
export interface KeptPair {
  readonly host: string;
  /** Name in the catalog. */
  readonly name: string;
  /** Of the certificate, or of the kubeconfig that holds it. */
  readonly path: string;
  readonly certificate: string;
  /** Path → hex SHA-256 of its files. */
  readonly files: KeptFiles;
}

/**
 * The pairs on a host that are right by their properties and younger than the keystore's: another operator with a copy of
 * it has renewed them, and undoing that would be a change for nothing, there and back. Their keys are not looked at: that
 * podstrap wrote both halves, and nobody since, is told by the digests of what it wrote last. Pure.
 */
export const keptPairs =
  (inventory: Inventory, keys: Keys, now: Date) =>
  ({ host: hostName, resources }: DesiredHost, facts: HostFacts): readonly KeptPair[] => {
    const host = inventory.spec.hosts.find(({ name }) => name === hostName);
    if (host === undefined) return [];
    const isBetter = (name: string, ours: string, theirs: string): boolean => {
      const spec = certificateSpec(inventory, host, name);
      const wrong = judgeCertificate(theirs, spec, keys.authorities[spec.authority].certificate, now);
      return wrong.length === 0 && isYounger(theirs, ours);
    };
    return resources.flatMap((resource): readonly KeptPair[] => {
      const found =
        resource.kind === 'certificate' && resource.key !== undefined && !(resource.name in keys.authorities)
          ? inPair(resource, facts)
          : resource.kind === 'file' && resource.identity !== undefined
            ? inKubeconfig(resource, facts)
            : undefined;
      if (found === undefined) return [];
      const { name, ours, theirs, paths } = found;
      const files = asWritten(paths, facts);
      return files !== undefined && isBetter(name, ours, theirs)
        ? [{ host: hostName, name, path: paths[0]!, certificate: theirs, files }]
        : [];
    });
  };

interface Found {
  readonly name: string;
  readonly ours: string;
  readonly theirs: string;
  readonly paths: readonly string[];
}

function inPair({ name, path, pem, key }: CertificateResource, { files }: HostFacts): Found | undefined {
  const fact = files[path];
  if (fact?.content === undefined || fact.sha256 === digestOf(pem)) return undefined;
  return { name, ours: pem, theirs: fact.content, paths: [path, key!.path] };
}

/** Only where all but the certificate and its key is as it should be. */
function inKubeconfig({ path, content, identity }: FileResource, { files }: HostFacts): Found | undefined {
  const fact = files[path];
  if (fact?.content === undefined || fact.sha256 === digestOf(content)) return undefined;
  const [theirs, ours] = [splitKubeconfig(fact.content), splitKubeconfig(publicPartOf(reveal(content)))];
  if (theirs === undefined || ours === undefined || theirs.rest !== ours.rest) return undefined;
  return { name: identity!, ours: ours.certificate, theirs: theirs.certificate, paths: [path] };
}

/** The digests of files that are all as podstrap wrote them last. */
function asWritten(paths: readonly string[], { files, applied }: HostFacts): KeptFiles | undefined {
  const all = paths.map((path) => [path, files[path]?.sha256] as const);
  return all.every(([path, sha256]) => sha256 !== undefined && applied[path] === sha256)
    ? Object.fromEntries(all as readonly (readonly [string, string])[])
    : undefined;
}

/** Another key, from a later time, and not for a shorter one. */
export function isYounger(theirs: string, ours: string): boolean {
  const [one, other] = [describeCertificate(theirs), describeCertificate(ours)];
  return (
    publicKeyOf(theirs) !== publicKeyOf(ours) &&
    one.notBefore > other.notBefore &&
    one.notAfter >= other.notAfter
  );
}
