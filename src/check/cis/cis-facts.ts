import { unsound } from '../../failure.js';
import { paths } from '../../host/paths.js';
import { at, word } from '../../host/shell.js';
import { type Flag, readFlag } from '../../kubernetes/flags.js';
import { type ComponentName, components } from '../../kubernetes/pod-names.js';
import { askSections, type Sections, toldBy } from '../../observed/sections.js';
import { readYaml } from '../../read-yaml.js';
import type { Transport } from '../../transport/transport.js';

/** Mode and owner of a file: of a link its own, as the benchmark looks. */
export interface CisFile {
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** `root:root`, by names. */
  readonly owner: string;
}

/** What the benchmark asks of one host. */
export interface CisFacts {
  /** By path; what is not there is absent. */
  readonly files: ReadonlyMap<string, CisFile>;
  /** Everything below /etc/kubernetes/pki. */
  readonly pki: readonly CisFile[];
  /** What network plugins keep. */
  readonly cni: readonly CisFile[];
  /** Flags of the components that the host has, from their manifests. */
  readonly flags: ReadonlyMap<ComponentName, readonly Flag[]>;
  /** KubeletConfiguration as the host has it; empty where there is none. */
  readonly kubelet: Readonly<Record<string, unknown>>;
  readonly kubeletFlags: readonly Flag[];
  /** First provider of the last resources of the configuration of encryption, where a flag names one. */
  readonly provider?: string;
  /** Whether a kube-proxy runs; undefined on a host where none could. */
  readonly kubeProxy?: boolean;
}

/** Files that are looked at on every host. The benchmark's first guess of each is what podstrap writes. */
export const cisPaths = {
  manifest: (name: ComponentName): string => `${paths.manifests}/${name}.yaml`,
  admin: `${paths.kubernetes}/admin.conf`,
  superAdmin: `${paths.kubernetes}/super-admin.conf`,
  scheduler: `${paths.kubernetes}/scheduler.conf`,
  controllerManager: `${paths.kubernetes}/controller-manager.conf`,
  kubelet: `${paths.kubernetes}/kubelet.conf`,
  dropIn: '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf',
  unit: paths.kubeletUnit,
  config: paths.kubeletConfig,
  authority: `${paths.pki}/ca.crt`,
  proxy: `${paths.kubernetes}/proxy.conf`,
} as const;

const sections = ['files', 'pki', 'cni', ...components, 'kubelet', 'unit', 'provider', 'proxy'];

/** Numbers are what the host's own programs make of them, and names are for reading. */
const format = '%a %u:%g %U:%G %n';

/**
 * The files, flags and configuration that the benchmark asks about, in one round trip. Reads only, and no key: of the
 * configuration of encryption the name of a provider alone. @param dataDir etcd's
 */
export function cisScript(dataDir: string): string {
  const { manifest, ...others } = cisPaths;
  const wanted = [...components.map(manifest), ...Object.values(others), dataDir].map(at).join(' ');
  const config = 'encryption-provider-config';
  return `
exec 2>/dev/null
t files; stat -c '${format}' ${wanted}
t pki; find "$R${paths.pki}" -exec stat -c '${format}' {} +
t cni; find "$R/var/lib/cni/networks" -type f -exec stat -c '${format}' {} +
${components.map((name) => `t ${name}; cat ${at(manifest(name))}`).join('\n')}
t kubelet; cat ${at(cisPaths.config)}
t unit; cat ${at(cisPaths.unit)}
t provider; f=$(sed -n 's/^ *- --${config}=//p' ${at(manifest('kube-apiserver'))} | tail -n 1)
[ -n "$f" ] && awk '/providers:/ { getline; sub(/^[ -]*/, ""); sub(/:.*/, ""); p = $0 } END { print p }' "$R$f"
t proxy; echo ${word('root')} "$R"; for c in "$R"/proc/[0-9]*/comm; do [ -e "$c" ] && read -r n <"$c" && [ "$n" = kube-proxy ] && echo runs && break; done
exit 0
`;
}

/** Asks a host. @throws Failure `unsound` where it answers with what it could not have */
export async function cisFacts(transport: Transport, dataDir: string): Promise<CisFacts> {
  const { all } = await askSections(transport, { script: cisScript(dataDir), timeoutMs: 60_000 }, (title) =>
    sections.includes(title),
  );
  return toldBy(transport.host, () => readFacts(all));
}

/** Pure. */
export function readFacts(all: Sections): CisFacts {
  const lines = (title: string) => (all.get(title) ?? []).filter((line) => line !== '');
  const root =
    lines('proxy')
      .find((line) => line.startsWith('root '))
      ?.slice('root '.length) ?? '';
  const files = lines('files').map((line) => readFile(line, root));
  const documentIn = (title: string) => yamlIn(title, (all.get(title) ?? []).join('\n'));
  const provider = lines('provider')[0];
  return {
    files: new Map(files.map((file) => [file.path, file])),
    pki: lines('pki').map((line) => readFile(line, root)),
    cni: lines('cni').map((line) => readFile(line, root)),
    flags: new Map(
      components.flatMap((name) => {
        const command = commandIn(documentIn(name));
        return command === undefined ? [] : [[name, command] as const];
      }),
    ),
    kubelet: recordOf(documentIn('kubelet')) ?? {},
    kubeletFlags: flagsInUnit(lines('unit').join('\n')),
    ...(provider === undefined ? {} : { provider }),
    // A practice host, whose root is a folder, has no processes of pods.
    ...(root === '' ? { kubeProxy: lines('proxy').includes('runs') } : {}),
  };
}

function yamlIn(title: string, text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return readYaml(text);
  } catch {
    throw unsound(`its ${title} is not YAML`);
  }
}

function readFile(line: string, root: string): CisFile {
  const [, mode, ids, names, path] = /^([0-7]{1,5}) (\d+:\d+) (\S+:\S+) (.+)$/.exec(line) ?? [];
  if (mode === undefined || path === undefined) throw unsound('a line about a file is none');
  return {
    path: path.startsWith(root) ? path.slice(root.length) : path,
    mode: Number.parseInt(mode, 8),
    owner: ids === '0:0' ? 'root:root' : names!,
  };
}

function commandIn(manifest: unknown): readonly Flag[] | undefined {
  const containers = recordOf(recordOf(manifest)?.spec)?.containers;
  const command = Array.isArray(containers) ? recordOf(containers[0])?.command : undefined;
  return Array.isArray(command) ? command.slice(1).map((one) => readFlag(String(one))) : undefined;
}

const flagsInUnit = (unit: string): readonly Flag[] =>
  [...unit.matchAll(/(--[a-z-]+=[^\s"\\]*)/g)].map(([, flag]) => readFlag(flag!));

const recordOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
