import { quoted, unsound } from '../../failure.js';
import { type InterfaceName, interfaceName } from '../../host/interface-name.js';
import { type IpNetwork, ipAddress, ipNetwork } from '../../host/ip.js';
import type { InterfaceFact, NetworkFact, RouteFact } from '../facts.js';
import { readOnce } from '../read-once.js';
import type { Sections } from '../sections.js';
import { patterns } from '../told.js';

/** A host's network, as iproute2 prints it on single lines. @throws Failure `unsound` for an address that is none */
export function parseNetwork(all: Sections): NetworkFact {
  const found = (kind: string) =>
    (all.get('network') ?? []).flatMap((line) =>
      line.startsWith(`${kind} `) ? [line.slice(kind.length + 1)] : [],
    );
  const own = {
    interfaces: parseInterfaces(all.get('links') ?? [], all.get('addresses') ?? []),
    programs: found('program').filter((name) => patterns.word.test(name)),
    plugins: found('plugin').filter((name) => patterns.name.test(name)),
  };
  // A copy, so that no part of the output holds the whole of it in memory.
  return { ...structuredClone(own), routes: (all.get('routes') ?? []).flatMap(readRoute) };
}

const passing = / (temporary|deprecated)\b/;

interface Found {
  mtu: number | undefined;
  /** Those that will be gone tomorrow come last: privacy addresses, and those of an old prefix. */
  readonly staying: IpNetwork[];
  readonly passing: IpNetwork[];
}

/** `2: eth0@if7: <UP> mtu 1500 …` and `2: eth0    inet 10.0.0.11/24 …` */
function parseInterfaces(links: readonly string[], addresses: readonly string[]): readonly InterfaceFact[] {
  const all = new Map<InterfaceName, Found>();
  const at = (line: string): Found | undefined => {
    const name = nameIn(line);
    if (name === undefined) return undefined;
    const found = all.get(name) ?? { mtu: undefined, staying: [], passing: [] };
    all.set(name, found);
    return found;
  };
  for (const line of links) {
    const found = at(line);
    if (found) found.mtu ??= mtuIn(line);
  }
  for (const line of addresses) {
    const address = addressIn(line);
    if (address !== undefined) at(line)?.[passing.test(line) ? 'passing' : 'staying'].push(address);
  }
  return [...all].map(([name, found]) => ({
    name,
    mtu: found.mtu,
    addresses: [...found.staying, ...found.passing],
  }));
}

/** Undefined for a name that podstrap writes nowhere. */
const nameIn = (line: string): InterfaceName | undefined =>
  interfaceName(/^\d{1,10}: ([^\s:@]{1,15})/.exec(line)?.[1] ?? '');

/** No interface has packets larger than 4 GiB. */
function mtuIn(line: string): number | undefined {
  const mtu = after(line.split(' '), 'mtu');
  return mtu !== undefined && /^\d{1,10}$/.test(mtu) ? Number(mtu) : undefined;
}

/** An address with another one at its end, as a tunnel has it, comes without a prefix and is passed over. */
function addressIn(line: string): IpNetwork | undefined {
  const words = line.split(' ');
  const text = after(words, 'inet') ?? after(words, 'inet6');
  // Some kernels list an interface's address of a kind that they do not know as nothing but its prefix.
  if (text === undefined || text.startsWith('/')) return undefined;
  const network = ipNetwork(text);
  if (network === undefined && ipAddress(text) === undefined)
    throw unsound(`an address of an interface is none: ${quoted(text)}`);
  return network;
}

/** What follows a word on its line. */
function after(words: readonly string[], word: string): string | undefined {
  const index = words.indexOf(word);
  return index < 0 ? undefined : words[index + 1];
}

const readRoute = readOnce(parseRoute);

const kinds = ['unicast', 'blackhole', 'unreachable', 'prohibit', 'throw'];

/** `10.0.0.0/24 via 10.0.1.1 dev eth0 proto static`; a route to a single address has no prefix. */
function parseRoute(line: string): readonly RouteFact[] {
  const words = line.split(' ');
  const text = words[kinds.includes(words[0]!) ? 1 : 0] ?? '';
  const to = ipNetwork(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);
  if (to === undefined) return [];
  const device = after(words, 'dev');
  const protocol = after(words, 'proto');
  return [
    {
      to,
      via: ipAddress(after(words, 'via') ?? ''),
      device: device === undefined ? undefined : interfaceName(device),
      protocol: protocol !== undefined && /^\w{1,32}$/.test(protocol) ? protocol : undefined,
    },
  ];
}
