import type { InterfaceFact, NetworkFact, RouteFact } from './facts.js';
import { readOnce } from './read-once.js';
import type { Sections } from './sections.js';

/** A host's network, as iproute2 prints it on single lines. */
export function parseNetwork(all: Sections): NetworkFact {
  const found = (kind: string) =>
    (all.get('network') ?? []).flatMap((line) =>
      line.startsWith(`${kind} `) ? [line.slice(kind.length + 1)] : [],
    );
  const own = {
    interfaces: parseInterfaces(all.get('links') ?? [], all.get('addresses') ?? []),
    programs: found('program'),
    plugins: found('plugin'),
  };
  // A copy, so that no part of the output holds the whole of it in memory.
  return { ...structuredClone(own), routes: (all.get('routes') ?? []).flatMap(readRoute) };
}

const passing = / (temporary|deprecated)\b/;

/** `2: eth0@if7: <UP> mtu 1500 …` and `2: eth0    inet 10.0.0.11/24 …` */
function parseInterfaces(links: readonly string[], addresses: readonly string[]): readonly InterfaceFact[] {
  const nameOf = (line: string) => /^\d+: ([^\s:@]+)/.exec(line)?.[1];
  const names = [...new Set([...links, ...addresses].flatMap((line) => nameOf(line) ?? []))];
  return names.map((name) => {
    const mtu = /\bmtu (\d+)/.exec(links.find((line) => nameOf(line) === name) ?? '')?.[1];
    return {
      name,
      mtu: mtu === undefined ? undefined : Number(mtu),
      addresses: addresses
        .filter((line) => nameOf(line) === name)
        // Those that will be gone tomorrow last: privacy addresses, and those of an old prefix.
        .sort((one, other) => Number(passing.test(one)) - Number(passing.test(other)))
        .flatMap((line) => /\sinet6? (\S+\/\d+)/.exec(line)?.[1] ?? []),
    };
  });
}

const readRoute = readOnce(parseRoute);

/** `10.0.0.0/24 via 10.0.1.1 dev eth0 proto static`; a route to a single address has no prefix. */
function parseRoute(line: string): readonly RouteFact[] {
  const [to = ''] = line.replace(/^(unicast|blackhole|unreachable|prohibit|throw) /, '').split(' ');
  if (!/^[\da-fA-F.:]+(\/\d+)?$/.test(to)) return [];
  const after = (word: string) => new RegExp(`\\s${word} (\\S+)`).exec(line)?.[1];
  const whole = to.includes('/') ? to : `${to}/${to.includes(':') ? 128 : 32}`;
  return [{ to: whole, via: after('via'), device: after('dev'), protocol: after('proto') }];
}
