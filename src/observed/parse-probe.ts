import { Failure } from '../failure.js';
import type { FileFact, HostFacts, ImageFact, PortFact, SandboxFact, UnitFact } from './facts.js';
import { parseGenerations, parseRecord } from './parse-memory.js';
import { parseNetwork } from './parse-network.js';
import { readOnlyMounts } from './read-only-mounts.js';
import { type Sections, sections, splitOnce, values } from './sections.js';

/**
 * The facts that a probe's output tells.
 * @param now operator's clock in seconds, halfway through the round trip
 * @throws Failure `internal` when the output is not whole
 */
export function parseProbe(host: string, output: string, now: number): HostFacts {
  const all = sections(output);
  if (!all.has('end')) throw new Failure(cutShort(host, output));
  return {
    // A part of a string holds the whole in memory, and a copy does not: outputs grow with the number of hosts.
    ...structuredClone(ownFacts(host, all, now)),
    network: parseNetwork(all),
    record: parseRecord(all.get('record') ?? []),
  };
}

/** What has nothing to do with the other hosts. */
function ownFacts(host: string, all: Sections, now: number): Omit<HostFacts, 'network' | 'record'> {
  const host_ = values(all.get('host') ?? []);
  const one = (key: string) => host_.get(key)?.[0] ?? '';
  const root = one('root');
  const [kernel = '', machine = ''] = one('uname').split(' ');
  const osWords = one('os').split(' ');
  const resolvers = one('resolver').split(' ').filter(Boolean);
  const loopback = resolvers.some((address) => /^127\.|^::1$/.test(address));
  const units = parseUnits(all);
  const etcd = all.get('etcd') ?? [];
  const manifests = all.get('manifests') ?? [];
  return {
    host,
    machine,
    kernel,
    osId: osWords[0] ?? '',
    os: osWords.slice(1).join(' '),
    hostname: one('hostname'),
    machineId: one('machine-id'),
    bootId: one('boot-id'),
    clockOffset: Number(one('date')) - now,
    uid: Number(one('uid')),
    systemd: one('systemd') === 'yes',
    cgroup: one('cgroup') === '2' ? 2 : 1,
    cgroupControllers: one('controllers').split(' ').filter(Boolean),
    seccomp: one('seccomp') === 'yes',
    missingModules: host_.get('missing-module') ?? [],
    cpus: Number(one('cpus')),
    memory: Number(one('memory')) * 1024,
    swap: one('swap') !== '',
    ...parseDisks(all.get('disk-paths') ?? [], all.get('disks') ?? []),
    ports: parsePorts(all.get('ports') ?? []),
    resolvConf: loopback && one('resolved') === 'yes' ? '/run/systemd/resolve/resolv.conf' : undefined,
    loopbackResolver: loopback,
    noResolver: resolvers.length === 0,
    caDirectories: host_.get('ca-directory') ?? [],
    modules: host_.get('module') ?? [],
    missingTools: host_.get('missing-tool') ?? [],
    ...selinuxOf(one('selinux')),
    readOnlyMounts: readOnlyMounts(all.get('mounts') ?? []),
    firewall: ['firewalld.service', 'ufw.service'].filter((unit) => units[unit]?.active === 'active'),
    sysctls: parseSysctls(root, all.get('sysctls') ?? []),
    units,
    ...kubeletAgeOf(one('date'), one('kubelet-since')),
    ...nodeNameOf(all.get('node') ?? []),
    files: parseFiles(root, all),
    checksKubelets: all.has('checks-kubelets'),
    ...apiPortOf(all.get('api-port') ?? []),
    manifestNames: manifests.filter((name) => !isPassedOver(name)),
    manifestsPassedOver: manifests.filter(isPassedOver),
    dropIns: all.get('drop-ins') ?? [],
    parkedNames: all.get('parked') ?? [],
    sandboxes: parseSandboxes(all),
    images: parseImages(all.get('images') ?? []),
    content: (all.get('content') ?? []).flatMap(
      (line) => /^sha256:([0-9a-f]{64})$/.exec(line.trim())?.[1] ?? [],
    ),
    incoming: Object.fromEntries(
      (all.get('incoming') ?? []).map((line) => [splitOnce(line, ' ')[1], Number(splitOnce(line, ' ')[0])]),
    ),
    etcdData: etcd.includes('data'),
    etcdMarkers: etcd.flatMap((line) => (line.startsWith('marker ') ? [line.slice('marker '.length)] : [])),
    etcdStrangers: strangersOf(etcd),
    ...restoringOf(etcd),
    ...parseGenerations(all.get('generations') ?? []),
    applied: Object.fromEntries(
      (all.get('applied') ?? []).map((line) => [line.slice(65), line.slice(0, 64)]),
    ),
  };
}

const kubeletAgeOf = (date: string, since: string): Pick<HostFacts, 'kubeletAge'> =>
  since === '' ? {} : { kubeletAge: Number(date) - Number(since) };

const selinuxOf = (enforce: string): Pick<HostFacts, 'selinux'> =>
  enforce === '' ? {} : { selinux: enforce === '1' ? 'enforcing' : 'permissive' };

function apiPortOf([line = '']: readonly string[]): Pick<HostFacts, 'apiPort'> {
  const apiPort = Number(/^--secure-port=(\d{1,5})$/.exec(line)?.[1]);
  return apiPort > 0 && apiPort < 65_536 ? { apiPort } : {};
}

/** The user of the kubelet's kubeconfig. */
function nodeNameOf([line = '']: readonly string[]): Pick<HostFacts, 'nodeName'> {
  const nodeName = /system:node:([a-z0-9][a-z0-9.-]{0,252})$/.exec(line)?.[1];
  return nodeName === undefined ? {} : { nodeName };
}

/** The kubelet reads files of any name but those that begin with a dot, and goes into no directory. */
const isPassedOver = (name: string): boolean => name.startsWith('.') || name.endsWith('/');

const cutShort = (host: string, output: string) =>
  ({
    kind: 'internal',
    doing: 'Reading what the probe of the host printed',
    where: { host },
    said: `the output ends early: ${output.slice(-200)}`,
    next: `Log in and check that /bin/sh runs scripts without printing text of its own.`,
  }) as const;

/** What is neither etcd's nor podstrap's in the data directory, nor what a file system has at its top. */
const strangersOf = (lines: readonly string[]): readonly string[] =>
  lines.flatMap((line) => {
    const name = line.startsWith('entry ') ? line.slice('entry '.length) : '';
    return name === '' || /^(member(\..*)?|podstrap-restore|lost\+found)$/.test(name) ? [] : [name];
  });

/** The run that was restoring etcd here when it was cut off. */
function restoringOf(lines: readonly string[]): Pick<HostFacts, 'restoring'> {
  const line = lines.find((one) => one.startsWith('restoring '));
  return line === undefined ? {} : { restoring: line.slice('restoring '.length) };
}

/** Bytes free, bytes in all and the mount point per path: df prints one line for each, in order, after its title. */
function parseDisks(
  paths: readonly string[],
  lines: readonly string[],
): Pick<HostFacts, 'free' | 'capacity' | 'mounts'> {
  const free: Record<string, number> = {};
  const capacity: Record<string, number> = {};
  const mounts: Record<string, string> = {};
  for (const [index, path] of paths.entries()) {
    const [, whole, left, mount] = /(\d+)\s+\S+\s+(\d+)\s+\S+%\s+(\/.*)$/.exec(lines[index + 1] ?? '') ?? [];
    if (whole === undefined || left === undefined || mount === undefined) continue;
    free[path] = Number(left) * 1024;
    capacity[path] = Number(whole) * 1024;
    mounts[path] = mount;
  }
  return { free, capacity, mounts };
}

/** Lines of grep -H over files of /proc/sys: reading those byte by byte, as the shell does, gives only the first. */
function parseSysctls(root: string, lines: readonly string[]): Record<string, string> {
  const prefix = `${root}/proc/sys/`.length;
  return Object.fromEntries(
    lines.map((line) => {
      const [file, value] = splitOnce(line.slice(prefix), ':');
      return [file.replaceAll('/', '.'), value.replaceAll('\t', ' ')];
    }),
  );
}

function parsePorts(lines: readonly string[]): PortFact[] {
  return lines.map((line) => {
    if (line.startsWith('hex ')) return { port: Number.parseInt(line.slice(4), 16), by: undefined };
    const local = line.trim().split(/\s+/)[3] ?? '';
    return {
      port: Number(local.slice(local.lastIndexOf(':') + 1)),
      by: /users:\(\("([^"]+)"/.exec(line)?.[1],
    };
  });
}

function parseUnits(all: Sections): Record<string, UnitFact> {
  /** Ids of processes whose program was replaced since they started. */
  const outdated = all.get('outdated') ?? [];
  const rewritten = values(all.get('rewritten') ?? []);
  const units: Record<string, UnitFact> = {};
  let fields: Record<string, string> = {};
  // systemctl prints the properties of one unit in an order of its own, and blank lines are dropped by sections().
  for (const line of all.get('units') ?? []) {
    const [key, value] = splitOnce(line, '=');
    if (key in fields) fields = {};
    fields[key] = value;
    if (
      fields['Id'] !== undefined &&
      fields['ActiveState'] !== undefined &&
      fields['UnitFileState'] !== undefined
    )
      units[fields['Id']] = {
        active: fields['ActiveState'],
        enabled: fields['UnitFileState'],
        stale: fields['NeedDaemonReload'] === 'yes',
        ...(outdated.includes(fields['MainPID'] ?? '') ? { outdated: true } : {}),
        ...(rewritten.has(fields['Id']) ? { rewritten: rewritten.get(fields['Id'])! } : {}),
      };
  }
  return units;
}

/** Facts of files from the sections of a probe or of its details. */
export function parseFiles(root: string, all: Sections): Record<string, FileFact> {
  const hashes = parseHashes(root, all.get('hashes') ?? []);
  const record = new Map((all.get('binaries') ?? []).map((line) => [line.slice(65), line.slice(0, 64)]));
  const files: Record<string, FileFact> = {};
  for (const line of all.get('files') ?? []) {
    const match = /^(\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (.*?) (\/.*)$/.exec(line);
    if (match === null) continue;
    const [, mode, uid, gid, size, changed, inode, type, full] = match as unknown as string[];
    const path = full!.slice(root.length);
    const sha256 = hashes.get(path) ?? record.get(`${changed} ${size} ${inode} ${path}`);
    files[path] = {
      path,
      type: type!.includes('directory') ? 'directory' : type!.startsWith('regular') ? 'file' : 'other',
      mode: Number.parseInt(mode!, 8),
      uid: Number(uid),
      gid: Number(gid),
      size: Number(size),
      ...(sha256 === undefined ? {} : { sha256 }),
    };
  }
  return files;
}

/** Path → hex digest, from lines of sha256sum(1). */
function parseHashes(root: string, lines: readonly string[]): Map<string, string> {
  return new Map(lines.map((line) => [line.slice(66 + root.length), line.slice(0, 64)]));
}

function parseSandboxes(all: Sections): SandboxFact[] {
  const running = new Set(
    (all.get('tasks') ?? []).filter((line) => /\sRUNNING\b/.test(line)).map((line) => line.split(/\s/)[0]),
  );
  const revisions = new Map<string, string>();
  for (const [title, ids] of all)
    if (title.startsWith('sandboxes ') && title !== 'sandboxes *')
      for (const id of ids) revisions.set(id, title.slice('sandboxes '.length));
  return (all.get('sandboxes *') ?? []).map((id) => ({
    id,
    revision: revisions.get(id),
    running: running.has(id),
  }));
}

function parseImages(lines: readonly string[]): ImageFact[] {
  return lines.slice(1).flatMap((line) => {
    const [ref = ''] = line.split(/\s+/);
    const digest = /\bsha256:[0-9a-f]{64}\b/.exec(line.slice(ref.length))?.[0];
    return digest === undefined
      ? []
      : [{ ref, digest, pinned: line.includes('io.cri-containerd.pinned=pinned') }];
  });
}
