import type { Transport } from '../../transport/transport.js';
import { askSections, type Sections } from '../sections.js';
import { tasksScript } from './pod-places.js';
import { tasksIn } from './running-pods.js';

/** What a pod uses, as the kernel counts it. */
export interface PodUsage {
  readonly namespace: string;
  /** With the node's name at its end. */
  readonly name: string;
  /** Processors, on average between both looks; absent where the kernel does not tell. */
  readonly cpu?: number;
  /** Bytes that it cannot do without: what of its files the kernel could drop at once is not counted, as kubelets count. */
  readonly memory?: number;
  /** Bytes that all of its containers may have together; absent without a limit. */
  readonly limit?: number;
}

export interface HostUsage {
  readonly cpus: number;
  /** Processors that are busy, on average between both looks. */
  readonly cpu?: number;
  /** Bytes. */
  readonly memory: { readonly total: number; readonly used: number };
  readonly pods: readonly PodUsage[];
}

/** Where cgroups of pods are below a controller's folder: of either driver, of either kind of pod, also below another root. */
const places = ['', '*/']
  .flatMap((root) => ['kubepods', 'kubepods.slice'].map((top) => `${root}${top}`))
  .flatMap((top) => [`${top}/*pod*`, `${top}/*/*pod*`]);

const below = (controller: string): string =>
  places.map((place) => `"$R"/sys/fs/cgroup/${controller}${place}/`).join(' ');

/**
 * Version 2 has all of a pod in one folder, version 1 one for each controller. A second passes between two looks, by which
 * averages are made.
 */
const script = `exec 2>/dev/null
P="$R/proc"
first() { [ -e "$2" ] && read -r v <"$2" && echo "$1 $v"; }
field() { [ -e "$3" ] && while read -r k v; do [ "$k" = "$2" ] && echo "$1 $v"; done <"$3"; }
look() { read -r v _ <"$P/uptime" && echo "uptime $v"; read -r v <"$P/stat" && echo "host $v"
for g in ${below('')}; do [ -e "$g/cpu.stat" ] && field "pod \${g#"$R"} us" usage_usec "$g/cpu.stat"; done
for g in ${below('cpuacct/')}; do first "pod \${g#"$R"} ns" "$g/cpuacct.usage"; done; }
${tasksScript}
t cpus; nproc
t memory; field total MemTotal: "$P/meminfo"; field available MemAvailable: "$P/meminfo"
t cpu-1; look
t pods; for g in ${below('')}; do [ -e "$g/memory.current" ] || continue; h=\${g#"$R"}; first "$h used" "$g/memory.current"; field "$h idle" inactive_file "$g/memory.stat"; first "$h limit" "$g/memory.max"; done
for g in ${below('memory/')}; do [ -e "$g/memory.usage_in_bytes" ] || continue; h=\${g#"$R"}; first "$h used" "$g/memory.usage_in_bytes"; field "$h idle" total_inactive_file "$g/memory.stat"; first "$h limit" "$g/memory.limit_in_bytes"; done
sleep 1
t cpu-2; look
t end
`;

const titles = ['tasks', 'annotations', 'cpus', 'memory', 'cpu-1', 'pods', 'cpu-2', 'end'];

/** Asks the kernel of a host what its pods use. Reads only, and takes a second. @throws Failure `unsound`, and what Transport.exec throws */
export async function lookAtUsage(transport: Transport, signal?: AbortSignal): Promise<HostUsage> {
  const asked = { script, timeoutMs: 60_000, ...(signal ? { signal } : {}) };
  return usageIn((await askSections(transport, asked, (title) => titles.includes(title))).all);
}

/** What the sections say. Pure. */
export function usageIn(all: Sections): HostUsage {
  const [before, after] = [cpuLook(all.get('cpu-1')), cpuLook(all.get('cpu-2'))];
  const seconds = (after.uptime ?? Number.NaN) - (before.uptime ?? Number.NaN);
  const memory = memoryOf(all.get('pods'));
  const cpus = Number(/^\d{1,6}$/.exec(all.get('cpus')?.[0] ?? '')?.[0] ?? 1);
  const pods = new Map(
    tasksIn(all)
      .filter(({ type }) => type === 'sandbox')
      .map(({ uid, namespace, name }) => [uid, { namespace, name }]),
  );
  const told = new Map((all.get('memory') ?? []).map((line) => kibibytes(line)));
  const total = told.get('total') ?? 0;
  return {
    cpus,
    ...optional('cpu', busyOf(before.host, after.host, cpus)),
    memory: { total, used: total - (told.get('available') ?? total) },
    pods: [...pods].map(([uid, pod]): PodUsage => {
      const spent = (after.pods.get(uid) ?? Number.NaN) - (before.pods.get(uid) ?? Number.NaN);
      const { used, idle = 0, limit } = memory.get(uid) ?? {};
      return {
        ...pod,
        ...optional('cpu', seconds > 0 ? Math.max(0, spent / seconds) : Number.NaN),
        ...optional('memory', used === undefined ? Number.NaN : Math.max(0, used - idle)),
        // Version 1 says "none" by a number that no machine has.
        ...optional('limit', limit === undefined || limit >= 2 ** 60 ? Number.NaN : limit),
      };
    }),
  };
}

const optional = <Key extends string>(key: Key, value: number): { readonly [K in Key]?: number } =>
  Number.isNaN(value) ? {} : ({ [key]: value } as { readonly [K in Key]: number });

const kibibytes = (line: string): readonly [string, number] => {
  const [, key = '', value = '0'] = /^(total|available) (\d{1,15}) kB$/.exec(line) ?? [];
  return [key, Number(value) * 1024];
};

/** A cgroup's folder ends with the UID of its pod; systemd's names have underscores for dashes. */
const uidOf = (folder: string): string | undefined =>
  /pod([0-9a-fA-F_-]{1,64})(?:\.slice)?\/+$/.exec(folder)?.[1]?.replaceAll('_', '-');

interface CpuLook {
  /** Seconds. */
  readonly uptime: number | undefined;
  /** Ticks, as /proc/stat has them. */
  readonly host: readonly number[];
  /** Seconds that each pod has had a processor, by UID. */
  readonly pods: ReadonlyMap<string, number>;
}

function cpuLook(lines: readonly string[] = []): CpuLook {
  let uptime: number | undefined;
  let host: readonly number[] = [];
  const pods = new Map<string, number>();
  for (const line of lines) {
    const [, seconds] = /^uptime (\d{1,12}(?:\.\d{1,6})?)$/.exec(line) ?? [];
    if (seconds !== undefined) uptime = Number(seconds);
    const [, ticks] = /^host cpu +([\d ]{1,200})$/.exec(line) ?? [];
    if (ticks !== undefined) host = ticks.split(' ').map(Number);
    const [, folder = '', unit, spent] = /^pod (\S{1,400}) (us|ns) (\d{1,20})$/.exec(line) ?? [];
    const uid = uidOf(folder);
    if (uid !== undefined) pods.set(uid, Number(spent) / (unit === 'us' ? 1e6 : 1e9));
  }
  return { uptime, host, pods };
}

/** The fourth and fifth number are those of idling and of waiting for disks; those of guests are counted in the first two. */
function busyOf(before: readonly number[], after: readonly number[], cpus: number): number {
  const spent = after.slice(0, 8).map((ticks, index) => ticks - (before[index] ?? Number.NaN));
  const all = spent.reduce((sum, ticks) => sum + ticks, 0);
  const idle = (spent[3] ?? 0) + (spent[4] ?? 0);
  return all > 0 ? ((all - idle) / all) * cpus : Number.NaN;
}

type Memory = Partial<Record<'used' | 'idle' | 'limit', number>>;

function memoryOf(lines: readonly string[] = []): ReadonlyMap<string, Memory> {
  const found = new Map<string, Memory>();
  for (const line of lines) {
    const [, folder = '', key = '', bytes] = /^(\S{1,400}) (used|idle|limit) (\d{1,20})$/.exec(line) ?? [];
    const uid = uidOf(folder);
    if (uid !== undefined) found.set(uid, { ...found.get(uid), [key]: Number(bytes) });
  }
  return found;
}
