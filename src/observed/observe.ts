import { etcdDatabase } from '../desired/pods/etcd-marker.js';
import type { DesiredHost, Resource } from '../desired/resource.js';
import { Failure } from '../failure.js';
import { paths } from '../host/paths.js';
import { Secret } from '../secret.js';
import { digestOf } from '../secrets/digest.js';
import type { Transport } from '../transport/transport.js';
import type { FileFact, HostFacts } from './facts.js';
import { kubeletVersion } from './probe/kubelet-version.js';
import { parseFiles } from './probe/parse-files.js';
import { parseProbe, rootOf } from './probe/parse-probe.js';
import { detailScript, type ProbeRequest, probeScript } from './probe/probe.js';
import { isDetailTitle, isProbeTitle } from './probe/probe-titles.js';
import { askSections, type Sections, toldBy } from './sections.js';

const kubeletUnit = 'kubelet.service';

/** What to look at on hosts of one kind: every path that desired state mentions. */
export function probeRequest(wanted: DesiredHost, etcdDataDir: string): ProbeRequest {
  const files = new Set<string>();
  const hashes = new Set<string>();
  const request = { sysctls: [] as string[], modules: [] as string[] };
  const units: Record<string, readonly string[]> = {};
  const etcdUser = wanted.resources.some(({ kind }) => kind === 'user');
  // Not where nobody but root owns data: what is in there changes under the probe.
  if (etcdUser) files.add(etcdDatabase(etcdDataDir));
  for (const resource of wanted.resources) {
    if ('path' in resource) files.add(resource.path);
    if (resource.kind === 'certificate' && resource.key) {
      files.add(resource.key.path);
      hashes.add(resource.key.path);
    }
    if (resource.kind === 'file' || resource.kind === 'certificate' || resource.kind === 'static-pod')
      hashes.add(resource.path);
    if (resource.kind === 'sysctl') request.sysctls.push(resource.name);
    if (resource.kind === 'kernel-module') request.modules.push(resource.name);
    if (resource.kind === 'unit') units[resource.name] = resource.restartOn;
  }
  return {
    files: [...files],
    hashes: [...hashes],
    ...request,
    units,
    etcdDataDir,
    etcdUser,
  };
}

/** One probe, one round trip. Reads only. @param signal ends it @throws Failure `connection-lost`, `privilege`, `unsound` */
export async function observe(
  transport: Transport,
  request: ProbeRequest,
  signal?: AbortSignal,
): Promise<HostFacts> {
  const began = Date.now() / 1000;
  const asked = { script: probeScript(request), timeoutMs: 120_000, ...(signal ? { signal } : {}) };
  const { code, all, stderr } = await askSections(transport, asked, isProbeTitle);
  if (code !== 0) throw noRoot(transport.host, `exit code ${code}: ${stderr.trim().slice(-200)}`);
  const now = Date.now() / 1000;
  const facts = toldBy(transport.host, () => parseProbe(transport.host, all, now, began));
  if (facts.uid !== 0) throw noRoot(transport.host, `commands run as uid ${facts.uid}, not as root`);
  return facts;
}

const noRoot = (host: string, said: string): Failure =>
  new Failure({
    kind: 'privilege',
    doing: 'Looking at the host',
    where: { host },
    said,
    next: 'Log in as root, or set ssh.become to sudo.',
  });

/**
 * Fills in what the probe left open: contents of text files that differ from what is wanted, for diffs and judgements,
 * digests of binaries that their record does not know, and the versions of a kubelet that is not the wanted one and of one that
 * runs and is not that on the disk. A second round trip, only where something differs.
 */
export async function observeDetails(
  transport: Transport,
  wanted: DesiredHost,
  facts: HostFacts,
  signal?: AbortSignal,
): Promise<HostFacts> {
  const contents: string[] = [];
  const kubeconfigs: string[] = [];
  const hashes: string[] = [];
  const running = facts.units[kubeletUnit]?.outdated === true;
  let disk = false;
  for (const resource of wanted.resources) {
    if (!('path' in resource)) continue;
    const fact = facts.files[resource.path];
    if (resource.kind === 'binary' && fact?.sha256 === undefined) hashes.push(resource.path);
    if (resource.kind === 'binary' && resource.path === paths.kubelet)
      disk = fact?.type === 'file' && fact.sha256 !== resource.sha256;
    const text = textOf(resource);
    if (fact?.type === 'file' && text !== undefined && fact.sha256 !== digestOf(text))
      contents.push(resource.path);
    if (isOtherKubeconfig(resource, fact)) kubeconfigs.push(resource.path);
  }
  if (contents.length + kubeconfigs.length + hashes.length === 0 && !disk && !running) return facts;
  const script = detailScript(contents, kubeconfigs, hashes, { disk, running });
  const isTitle = isDetailTitle([...contents, ...kubeconfigs]);
  const asked = { script, timeoutMs: 120_000, ...(signal ? { signal } : {}) };
  const { all } = await askSections(transport, asked, isTitle);
  return toldBy(transport.host, () => ({
    ...facts,
    files: withDetails(facts.files, all),
    ...kubeletsIn(all),
  }));
}

/** A kubeconfig that is not ours: its certificate tells whether it will do. Its key stays where it is. */
const isOtherKubeconfig = (resource: Resource, fact: FileFact | undefined): boolean =>
  resource.kind === 'file' &&
  resource.identity !== undefined &&
  fact?.type === 'file' &&
  fact.sha256 !== digestOf(resource.content);

/** The text that a host may show us: none for what holds a key. */
function textOf(resource: Resource): string | undefined {
  if (resource.kind === 'certificate') return resource.pem;
  if (resource.kind === 'static-pod') return resource.content;
  return resource.kind === 'file' && !(resource.content instanceof Secret) ? resource.content : undefined;
}

/** What the sections of `kubeletScript` say: `Kubernetes v1.36.3`. */
export function kubeletsIn(all: Sections): Pick<HostFacts, 'kubeletVersion' | 'runningKubelet'> {
  const disk = kubeletVersion(all.get('kubelet'));
  const running = kubeletVersion(all.get('running-kubelet'));
  return {
    ...(disk === undefined ? {} : { kubeletVersion: disk }),
    ...(running === undefined ? {} : { runningKubelet: running }),
  };
}

function withDetails(files: HostFacts['files'], all: Sections): Record<string, FileFact> {
  const root = rootOf((all.get('host')?.[0] ?? '').slice('root '.length));
  const result: Record<string, FileFact> = { ...files, ...parseFiles(root, all) };
  for (const [title, lines] of all) {
    const path = title.startsWith('content ') ? title.slice('content '.length) : undefined;
    const fact = path === undefined ? undefined : files[path];
    if (fact)
      result[fact.path] = { ...fact, content: Buffer.from(lines.join(''), 'base64').toString('utf8') };
  }
  return result;
}
