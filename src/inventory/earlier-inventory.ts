import { basename, dirname, resolve } from 'node:path';
import { reveal } from '../secret.js';
import type { Inventory, SourceText } from './inventory.js';
import { withVariables } from './kept-sources.js';
import type { Files } from './reading/files.js';
import { parseInventory } from './reading/parse-inventory.js';

/**
 * The inventory of an earlier run, from what is remembered of it. What is about the operator or the keystore stays as it is
 * now: the way to the hosts, where binaries and images come from, which variables of the environment are read, how long to
 * wait, certificates and the endpoint in kubeconfigs. So do addons, whose manifests nobody keeps.
 * @param sources the inventory first, then its patches and the manifests of its static pods
 * @param files where everything else that it refers to is read, as it is now
 * @throws InvalidInventory
 */
export function earlierInventory(
  run: string,
  sources: readonly SourceText[],
  present: Inventory,
  { environment, files }: { environment: Readonly<Record<string, string | undefined>>; files: Files },
): Inventory {
  const { directory } = present;
  const [first, ...patches] = sources;
  const { inventory } = parseInventory(withVariables(first!.text, present.environment).text, {
    file: `${basename(present.file)} of run ${run}`,
    directory,
    environment,
    files: withKept(patches, directory, files),
    addons: present.addons,
    listed: present.listed,
  });
  return {
    ...inventory,
    // What commands print is not asked for a second time.
    secrets: new Map([...present.secrets, ...inventory.secrets]),
    hidden: [...present.hidden, ...inventory.hidden],
    sources,
    spec: withPresent(inventory.spec, present.spec),
  };
}

/** A directory that has kept files has no others: a patch that was added since is not of that run. */
function withKept(kept: readonly SourceText[], directory: string, files: Files): Files {
  const texts = new Map(kept.map(({ path, text }) => [resolve(directory, path), text]));
  const within = (folder: string) => [...texts.keys()].filter((path) => dirname(path) === folder);
  return {
    kind: (path) => (texts.has(path) ? 'file' : within(path).length > 0 ? 'directory' : files.kind(path)),
    // Only patches are looked for by listing.
    list: (folder) => within(folder).map((path) => basename(path)),
    read: (path) => {
      const text = texts.get(path);
      return text === undefined ? files.read(path) : reveal(text);
    },
  };
}

function withPresent(earlier: Inventory['spec'], present: Inventory['spec']): Inventory['spec'] {
  const { local } = earlier.etcd;
  const { serverCertSANs, peerCertSANs } = present.etcd.local;
  const { controlPlaneEndpoint: _, certificateRenewBefore: __, ...rest } = earlier;
  const { controlPlaneEndpoint, certificateRenewBefore } = present;
  return {
    ...rest,
    ...(controlPlaneEndpoint === undefined ? {} : { controlPlaneEndpoint }),
    ...(certificateRenewBefore === undefined ? {} : { certificateRenewBefore }),
    certificateValidityPeriod: present.certificateValidityPeriod,
    caCertificateValidityPeriod: present.caCertificateValidityPeriod,
    encryptionAlgorithm: present.encryptionAlgorithm,
    certificateAuthorities: present.certificateAuthorities,
    ssh: present.ssh,
    hosts: earlier.hosts.map((host) => {
      const now = present.hosts.find(({ name }) => name === host.name);
      return now === undefined
        ? host
        : { ...host, address: now.address, transport: now.transport, hostKey: now.hostKey, ssh: now.ssh };
    }),
    apiServer: { ...earlier.apiServer, certSANs: present.apiServer.certSANs },
    etcd: { ...earlier.etcd, local: { ...local, serverCertSANs, peerCertSANs } },
    artifacts: {
      ...present.artifacts,
      versions: earlier.artifacts.versions,
      extraImages: earlier.artifacts.extraImages,
    },
    addons: present.addons,
    timeouts: present.timeouts,
    upgrade: present.upgrade,
    revisionHistoryLimit: present.revisionHistoryLimit,
  };
}
