import { unsound } from '../../failure.js';
import { optionalCaDirectories } from '../../host/ca-directories.js';
import { clockOffset } from '../clock-offset.js';
import type { HostFacts, ImageFact, SandboxFact, UnitFact } from '../facts.js';
import { type Sections, splitOnce, values } from '../sections.js';
import { patterns, shownText, told, toldNumber } from '../told.js';
import { parseDisks } from './parse-disks.js';
import { parseEtcdAccount } from './parse-etcd-account.js';
import { parseFiles } from './parse-files.js';
import { parseGenerations, parseRecord } from './parse-memory.js';
import { parseNetwork } from './parse-network.js';
import { parsePorts } from './parse-ports.js';
import { findByChange } from './probe.js';
import { readOnlyMounts } from './read-only-mounts.js';

/**
 * The facts that a probe's output tells. The one border that a host's words cross: what is behind it has a type, a form
 * and a limit, or the host is unsound.
 * @param now,began the operator's clock in seconds, when it had the answer and when it asked
 * @throws Failure `unsound` when the output is not whole, or says what cannot be
 */
export function parseProbe(host: string, all: Sections, now: number, began = now): HostFacts {
  if (!all.has('end'))
    throw unsound('what it printed ends early; does its /bin/sh run scripts to their end?');
  return {
    // A part of a string holds the whole in memory, and a copy does not: outputs grow with the number of hosts.
    ...structuredClone(ownFacts(host, all, now, began)),
    network: parseNetwork(all),
    record: parseRecord(all.get('record') ?? []),
  };
}

/** What has nothing to do with the other hosts. */
function ownFacts(
  host: string,
  all: Sections,
  now: number,
  began: number,
): Omit<HostFacts, 'network' | 'record'> {
  const host_ = values(all.get('host') ?? []);
  const one = (key: string) => host_.get(key)?.[0] ?? '';
  const word = (what: string, text: string | undefined, pattern: RegExp) => told(what, text, pattern) ?? '';
  const number = (key: string) => toldNumber(key, one(key));
  const names = (key: string) => (host_.get(key) ?? []).filter((name) => patterns.word.test(name));
  const root = rootOf(one('root'));
  const [kernel, machine] = one('uname').split(' ');
  const [osId, os] = splitOnce(one('os'), ' ');
  const resolvers = one('resolver').split(' ').filter(Boolean);
  const loopback = resolvers.some((address) => /^127\.|^::1$/.test(address));
  const units = parseUnits(all);
  const etcd = all.get('etcd') ?? [];
  const manifests = all.get('manifests') ?? [];
  return {
    host,
    machine: word('its architecture', machine, patterns.architecture),
    kernel: word('its kernel', kernel, patterns.kernel),
    osId: word('its operating system', osId, patterns.system),
    os: shownText(os),
    hostname: word('its hostname', one('hostname'), patterns.hostname),
    // systemd writes `uninitialized` until the first boot of an image is over.
    machineId: patterns.machineId.test(one('machine-id')) ? one('machine-id') : '',
    bootId: word('its boot', one('boot-id'), patterns.bootId),
    clockOffset: clockOffset(number('date'), began, now),
    uid: one('uid') === '' ? Number.NaN : number('uid'),
    systemd: one('systemd') === 'yes',
    cgroup: one('cgroup') === '2' ? 2 : 1,
    cgroupControllers: one('controllers')
      .split(' ')
      .filter((name) => patterns.word.test(name)),
    seccomp: one('seccomp') === 'yes',
    missingModules: names('missing-module'),
    cpus: number('cpus'),
    memory: number('memory') * 1024,
    swap: one('swap') !== '',
    ...parseDisks(all.get('disk-paths') ?? [], all.get('disks') ?? []),
    ports: parsePorts(all.get('ports') ?? []),
    resolvConf: loopback && one('resolved') === 'yes' ? '/run/systemd/resolve/resolv.conf' : undefined,
    loopbackResolver: loopback,
    noResolver: resolvers.length === 0,
    caDirectories: (host_.get('ca-directory') ?? []).filter((path) => optionalCaDirectories.includes(path)),
    modules: names('module'),
    missingTools: [
      ...(host_.get('missing-tool') ?? []).filter(
        (tool) => tool === findByChange || patterns.word.test(tool),
      ),
      ...(all.get('etcd-account')?.includes('missing-tool') ? ['systemd-sysusers'] : []),
    ],
    ...selinuxOf(one('selinux')),
    readOnlyMounts: readOnlyMounts(all.get('mounts') ?? []),
    firewall: ['firewalld.service', 'ufw.service'].filter((unit) => units[unit]?.active === 'active'),
    sysctls: parseSysctls(root, all.get('sysctls') ?? []),
    units,
    ...kubeletAgeOf(number('date'), one('kubelet-since')),
    ...nodeNameOf(all.get('node') ?? []),
    files: parseFiles(root, all),
    checksKubelets: all.has('checks-kubelets'),
    ...apiPortOf(all.get('api-port') ?? []),
    ...encryptionOf(all.get('encryption') ?? []),
    manifestNames: manifests.filter((name) => isName(name) && !isPassedOver(name)),
    manifestsPassedOver: manifests.filter((name) => isName(name.replace(/\/$/, '')) && isPassedOver(name)),
    dropIns: (all.get('drop-ins') ?? []).filter((path) => patterns.path.test(path)),
    parkedNames: (all.get('parked') ?? []).filter(isName),
    sandboxes: parseSandboxes(all),
    images: parseImages(all.get('images') ?? []),
    content: (all.get('content') ?? []).flatMap((line) => digestIn(line.trim())),
    incoming: parseIncoming(all.get('incoming') ?? []),
    etcdData: etcd.includes('data'),
    etcdMarkers: etcd.flatMap((line) => namesBehind('marker ', line)),
    etcdStrangers: strangersOf(etcd),
    ...leadingTo(etcd),
    ...parseEtcdAccount(all),
    ...restoringOf(etcd),
    ...parseGenerations(all.get('generations') ?? []),
    applied: digestsByPath(all.get('applied') ?? []),
  };
}

const isName = (name: string): boolean => patterns.name.test(name);

const namesBehind = (word: string, line: string): string[] =>
  line.startsWith(word) && isName(line.slice(word.length)) ? [line.slice(word.length)] : [];

/** Where the paths of practice hosts begin; nothing on others. */
export const rootOf = (text: string): string => told('its root', text, patterns.path) ?? '';

const digestIn = (text: string): string[] =>
  text.startsWith('sha256:') && patterns.sha256.test(text.slice(7)) ? [text.slice(7)] : [];

const kubeletAgeOf = (date: number, since: string): Pick<HostFacts, 'kubeletAge'> =>
  since === '' ? {} : { kubeletAge: date - toldNumber('the start of its kubelet', since) };

const parseIncoming = (lines: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    lines.flatMap((line) => {
      const [size, name] = splitOnce(line, ' ');
      return isName(name) ? [[name, toldNumber('the size of what it was sent', size)]] : [];
    }),
  );

/** Path → hex digest, from lines `DIGEST PATH`; the last one about a path counts. */
const digestsByPath = (lines: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    lines.flatMap((line) => {
      const [digest, path] = splitOnce(line, ' ');
      return patterns.sha256.test(digest) && patterns.path.test(path) ? [[path, digest]] : [];
    }),
  );

const selinuxOf = (enforce: string): Pick<HostFacts, 'selinux'> =>
  enforce === '' ? {} : { selinux: enforce === '1' ? 'enforcing' : 'permissive' };

function apiPortOf([line = '']: readonly string[]): Pick<HostFacts, 'apiPort'> {
  const apiPort = Number(/^--secure-port=(\d{1,5})$/.exec(line)?.[1]);
  return apiPort > 0 && apiPort < 65_536 ? { apiPort } : {};
}

/** A path in quotes is one that somebody else wrote, and is read all the same. */
function encryptionOf([line = '']: readonly string[]): Pick<HostFacts, 'encryption'> {
  const path = line.trim().replace(/["']$/, '');
  return patterns.path.test(path) ? { encryption: path } : {};
}

/** The user of the kubelet's kubeconfig. */
function nodeNameOf([line = '']: readonly string[]): Pick<HostFacts, 'nodeName'> {
  const nodeName = /system:node:([a-z0-9][a-z0-9.-]{0,252})$/.exec(line)?.[1];
  return nodeName === undefined ? {} : { nodeName };
}

/** The kubelet reads files of any name but those that begin with a dot, and goes into no directory. */
const isPassedOver = (name: string): boolean => name.startsWith('.') || name.endsWith('/');

/** What is neither etcd's nor podstrap's in the data directory, nor what a file system has at its top. */
const strangersOf = (lines: readonly string[]): readonly string[] =>
  lines.flatMap((line) => {
    const name = line.startsWith('entry ') ? line.slice('entry '.length) : '';
    return !isName(name) || /^(member(\..*)?|podstrap-restore|lost\+found)$/.test(name) ? [] : [name];
  });

/** Where the data directory really is, when it is there. */
function leadingTo(etcd: readonly string[]): Pick<HostFacts, 'etcdLeadsTo'> {
  const line = etcd.find((one) => one.startsWith('leads /'));
  return line === undefined ? {} : { etcdLeadsTo: shownText(line.slice('leads '.length)) };
}

/** The run that was restoring etcd here when it was cut off. */
function restoringOf(lines: readonly string[]): Pick<HostFacts, 'restoring'> {
  const line = lines.find((one) => one.startsWith('restoring '));
  return line === undefined ? {} : { restoring: shownText(line.slice('restoring '.length)) };
}

/** Lines of grep -H over files of /proc/sys: reading those byte by byte, as the shell does, gives only the first. */
function parseSysctls(root: string, lines: readonly string[]): Record<string, string> {
  const prefix = `${root}/proc/sys/`.length;
  return Object.fromEntries(
    lines.map((line) => {
      const [file, value] = splitOnce(line.slice(prefix), ':');
      return [shownText(file.replaceAll('/', '.')), shownText(value.replaceAll('\t', ' '))];
    }),
  );
}

function parseUnits(all: Sections): Record<string, UnitFact> {
  /** Ids of processes whose program was replaced since they started. */
  const outdated = new Set(all.get('outdated'));
  const rewritten = values(
    (all.get('rewritten') ?? []).filter((line) => patterns.path.test(splitOnce(line, ' ')[1])),
  );
  const enabled = values(all.get('enabled') ?? []);
  const units: Record<string, UnitFact> = {};
  let fields: Record<string, string> = {};
  // systemctl prints the properties of one unit in an order of its own, and blank lines are dropped by sections().
  for (const line of all.get('units') ?? []) {
    const [key, value] = splitOnce(line, '=');
    if (key in fields) fields = {};
    fields[key] = value;
    if (fields['Id'] !== undefined && fields['ActiveState'] !== undefined)
      units[told('a unit', fields['Id'], patterns.unit) ?? ''] = {
        active: shownText(fields['ActiveState']),
        enabled: shownText(enabled.get(fields['Id'])?.[0] ?? ''),
        stale: fields['NeedDaemonReload'] === 'yes',
        ...(outdated.has(fields['MainPID'] ?? '') ? { outdated: true } : {}),
        ...(rewritten.has(fields['Id']) ? { rewritten: rewritten.get(fields['Id'])! } : {}),
      };
  }
  return units;
}

function parseSandboxes(all: Sections): SandboxFact[] {
  const running = new Set(
    (all.get('tasks') ?? []).filter((line) => /\sRUNNING\b/.test(line)).map((line) => line.split(/\s/, 1)[0]),
  );
  const revisions = new Map<string, string>();
  for (const [title, ids] of all)
    if (title.startsWith('sandboxes ') && title !== 'sandboxes *')
      for (const id of ids) revisions.set(id, title.slice('sandboxes '.length));
  return (all.get('sandboxes *') ?? []).filter(isName).map((id) => ({
    id,
    revision: revisions.get(id),
    running: running.has(id),
  }));
}

function parseImages(lines: readonly string[]): ImageFact[] {
  return lines.slice(1).flatMap((line) => {
    const [ref = ''] = line.split(/\s+/, 1);
    const digest = /\bsha256:[0-9a-f]{64}\b/.exec(line.slice(ref.length))?.[0];
    return digest === undefined || !isReference(ref)
      ? []
      : [{ ref, digest, pinned: line.includes('io.cri-containerd.pinned=pinned') }];
  });
}

/** A name of an image is at most 255 characters of path, and a tag or a digest. */
const isReference = (ref: string): boolean => /^[\x21-\x7e]{1,512}$/.test(ref);
