import { load } from 'js-yaml';
import { Crash } from '../components/component.js';
import type { HostFiles } from '../host-files.js';
import { type Kubeconfig, parseKubeconfig } from '../kubeconfig.js';

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** What a kubelet runs with. */
export interface KubeletSettings {
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly version: string;
  readonly staticPodPath: string | undefined;
  readonly healthz: { readonly address: string; readonly port: number };
  readonly taints: readonly Taint[];
  /** Files that it serves with; read again for each connection. */
  readonly serving: { readonly certificate: string; readonly key: string };
  /** File with the authorities of those who may ask it; absent where nobody may. */
  readonly clientAuthorities: string | undefined;
  /** Absent for a kubelet without an API server. */
  readonly kubeconfig: Kubeconfig | undefined;
}

interface Configuration {
  readonly kind?: string;
  readonly staticPodPath?: string;
  readonly healthzBindAddress?: string;
  readonly healthzPort?: number;
  readonly tlsCertFile?: string;
  readonly tlsPrivateKeyFile?: string;
  readonly registerWithTaints?: readonly Taint[];
  readonly containerRuntimeEndpoint?: string;
  readonly authentication?: {
    readonly x509?: { readonly clientCAFile?: string };
    readonly webhook?: { readonly enabled?: boolean };
  };
  readonly authorization?: { readonly mode?: string };
}

/** Flags of ExecStart, as `--name=value` or a bare `--name`. */
export function execFlags(unit: string): ReadonlyMap<string, string> {
  const line = [...unit.matchAll(/^ExecStart=(.+)$/gm)].at(-1)?.[1] ?? '';
  const words = line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  const flags = words.slice(1).map((word) => word.replace(/^"(.*)"$/, '$1').replaceAll('$$', '$'));
  return new Map(
    flags.map((flag) => {
      const [, name = flag, value = 'true'] = /^--([^=]+)(?:=(.*))?$/s.exec(flag) ?? [];
      return [name, value];
    }),
  );
}

/**
 * What the kubelet of a host would run with, from its unit as systemd has read it and from its configuration.
 * @throws Crash with the words of the kubelet when it would not start
 */
export function readKubeletSettings(files: HostFiles, unknownFlags: ReadonlySet<string>): KubeletSettings {
  const flags = execFlags(files.read('/run/practice/loaded/kubelet.service') ?? '');
  for (const name of flags.keys())
    if (name.startsWith('no-such') || unknownFlags.has(name))
      throw new Crash(`failed to parse kubelet flag: unknown flag: --${name}`);
  const path = flags.get('config');
  const configuration = path === undefined ? {} : readConfiguration(files, path);
  const clientCa = configuration.authentication?.x509?.clientCAFile;
  if (clientCa !== undefined && !files.exists(clientCa))
    throw new Crash(`unable to load client CA file ${clientCa}: open ${clientCa}: no such file or directory`);
  const serving = {
    certificate: configuration.tlsCertFile || '/var/lib/kubelet/pki/kubelet.crt',
    key: configuration.tlsPrivateKeyFile || '/var/lib/kubelet/pki/kubelet.key',
  };
  for (const file of [configuration.tlsCertFile, configuration.tlsPrivateKeyFile])
    if (file && !files.exists(file))
      throw new Crash(`failed to initialize TLS: open ${file}: no such file or directory`);
  const kubeconfigPath = flags.get('kubeconfig');
  // Both are on by default, and ask an API.
  if (kubeconfigPath === undefined && configuration.authentication?.webhook?.enabled !== false)
    throw new Crash('failed to run Kubelet: no client provided, cannot use webhook authentication');
  if (kubeconfigPath === undefined && (configuration.authorization?.mode ?? 'Webhook') === 'Webhook')
    throw new Crash('failed to run Kubelet: no client provided, cannot use webhook authorization');
  return {
    nodeName:
      flags.get('hostname-override') ?? (files.read('/proc/sys/kernel/hostname') ?? '').trim().toLowerCase(),
    nodeIps: flags.get('node-ip')?.split(',') ?? [],
    version:
      /\bv\d+\.\d+\.\d+\S*/.exec((files.read('/usr/local/bin/kubelet') ?? '').slice(0, 400))?.[0] ?? 'v0.0.0',
    staticPodPath: configuration.staticPodPath || undefined,
    healthz: {
      address: configuration.healthzBindAddress ?? '127.0.0.1',
      port: configuration.healthzPort ?? 10248,
    },
    taints: configuration.registerWithTaints ?? [],
    serving,
    clientAuthorities: clientCa,
    kubeconfig: kubeconfigPath === undefined ? undefined : readKubeconfig(files, kubeconfigPath),
  };
}

function readConfiguration(files: HostFiles, path: string): Configuration {
  const text = files.read(path);
  if (text === undefined)
    throw new Crash(
      `failed to load kubelet config file, path: ${path}: open ${path}: no such file or directory`,
    );
  try {
    const configuration = load(text) as Configuration;
    if (configuration?.kind === 'KubeletConfiguration') return configuration;
  } catch {
    // Said below: for the kubelet it is the same.
  }
  throw new Crash(`failed to load kubelet config file, path: ${path}: failed to decode`);
}

function readKubeconfig(files: HostFiles, path: string): Kubeconfig {
  const text = files.read(path);
  if (text === undefined)
    throw new Crash(
      `failed to run Kubelet: unable to load kubeconfig: stat ${path}: no such file or directory`,
    );
  return parseKubeconfig(text, path, (file) => files.read(file));
}
