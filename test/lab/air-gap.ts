import { output } from './command.js';
import type { Lab, LabHost } from './hosts.js';

/** A place for an operator from which nothing but the lab's hosts can be reached. */
export interface Seat {
  /** Words before a command that make it run there. */
  readonly within: readonly string[];
  /** Packets that were to go anywhere else, or to any resolver; each of them was dropped. */
  attempts(): Promise<number>;
  leave(): Promise<void>;
}

/** Where the pods of an inventory that says nothing of it are: a kubelet asks its pods how they are. */
const pods = '10.244.0.0/16';

/**
 * Packets for anywhere else are counted and dropped, and so is every question to a resolver. What a kernel says to its
 * neighbours when it gets an interface, such as a bridge for pods, is no try to leave.
 */
const rules = (subnet: string): string => `table inet airgap {
  counter elsewhere { }
  chain out {
    type filter hook output priority 0;
    meta l4proto { tcp, udp } th dport 53 counter name elsewhere drop
    oifname "lo" ip daddr 127.0.0.0/8 accept
    oifname "lo" ip6 daddr ::1 accept
    ip daddr { ${subnet}.0/24, ${pods}, 224.0.0.0/24 } accept
    ip6 daddr { fe80::/10, ff00::/8 } accept
    counter name elsewhere drop
  }
}`;

const inside = (namespace: string, ...command: string[]) => ['netns', 'exec', namespace, ...command];

const watch = (namespace: string, subnet: string): Promise<string> =>
  output('ip', inside(namespace, 'nft', '-f', '-'), { input: rules(subnet) });

async function counted(namespace: string): Promise<number> {
  const text = await output('ip', inside(namespace, 'nft', 'list', 'counter', 'inet', 'airgap', 'elsewhere'));
  const packets = /packets (\d+)/.exec(text)?.[1];
  if (packets === undefined) throw new Error(`nft says no number of packets: ${text}`);
  return Number(packets);
}

/**
 * A network namespace with a cable to the lab's bridge. Its default route leads to itself, into the filter: without any
 * route an attempt would fail before it could be counted.
 */
export async function takeSeat({ settings }: Lab): Promise<Seat> {
  const { bridge, subnet } = settings;
  const name = `${bridge}-op`;
  const ip = (...args: string[]) => output('ip', args);
  const leave = async () => {
    await ip('link', 'del', name).catch(() => undefined);
    await ip('netns', 'del', name).catch(() => undefined);
  };
  await leave();
  await ip('netns', 'add', name);
  await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  await ip('link', 'set', name, 'master', bridge, 'up');
  await ip('-n', name, 'link', 'set', 'lo', 'up');
  await ip('-n', name, 'addr', 'add', `${subnet}.250/24`, 'dev', 'eth0');
  await ip('-n', name, 'link', 'set', 'eth0', 'up');
  await ip('-n', name, 'route', 'add', 'default', 'dev', 'lo');
  await watch(name, subnet);
  return { within: ['ip', 'netns', 'exec', name], attempts: () => counted(name), leave };
}

/** Takes a host's default route and its resolver, and counts from now on what it sends to any resolver or out of the lab. */
export async function cutOff(
  { settings, read }: Lab,
  { name, ip }: LabHost,
): Promise<{ attempts(): Promise<number> }> {
  await read(name, ': >/etc/resolv.conf');
  // The lab names a host's network namespace after its cable.
  const namespace = `${settings.bridge}-${ip.split('.')[3]}`;
  await output('ip', ['-n', namespace, 'route', 'del', 'default']);
  await watch(namespace, settings.subnet);
  return { attempts: () => counted(namespace) };
}
