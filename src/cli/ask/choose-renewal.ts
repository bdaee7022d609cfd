import { Failure } from '../../failure.js';
import { didYouMean } from '../../inventory/did-you-mean.js';
import type { Inventory } from '../../inventory/inventory.js';
import { authorityNames, operators } from '../../pki/catalog.js';
import { certificatesOf } from '../../pki/certificate-spec.js';
import type { PairChoice } from '../../pki/store/entries.js';

const operator = 'operator';
const ofOperator = Object.keys(operators);

/**
 * The certificates that names on the command line stand for: `apiserver` of every host, `cp-1/apiserver` of one,
 * `operator/etcd` of podstrap itself. kubeadm's `admin.conf` and `all` are understood.
 * @param names none stands for all
 * @param host only those of this host
 * @throws Failure `usage` for a name or a host that there is not
 */
export function chooseRenewal(
  inventory: Inventory,
  names: readonly string[],
  host: string | undefined,
): PairChoice {
  const { hosts } = inventory.spec;
  const chosenHosts = host === undefined ? hosts : hosts.filter(({ name }) => name === host);
  if (chosenHosts.length === 0)
    throw unknown(
      'host',
      host!,
      hosts.map(({ name }) => name),
    );
  const pairs = pairsOf(
    inventory,
    chosenHosts.map(({ name }) => name),
    host === undefined,
  );
  const known = namesOf(pairs);
  const wanted = names.filter((name) => name !== 'all').map((name) => name.replace(/\.conf$/, ''));
  for (const name of wanted) if (!known.includes(name)) throw unknown('certificate', name, known);
  const every = wanted.length === 0;
  const chosen = new Set(
    pairs
      .filter((pair) => every || wanted.includes(pair.name) || wanted.includes(`${pair.host}/${pair.name}`))
      .map((pair) => `${pair.host}/${pair.name}`),
  );
  return (of, name) => chosen.has(`${of ?? operator}/${name}`);
}

/** Every name that `certs renew` takes. */
export const renewable = (inventory: Inventory): readonly string[] =>
  namesOf(
    pairsOf(
      inventory,
      inventory.spec.hosts.map(({ name }) => name),
      true,
    ),
  );

interface Pair {
  readonly host: string;
  readonly name: string;
}

const pairsOf = (inventory: Inventory, hosts: readonly string[], operators: boolean): readonly Pair[] => [
  ...inventory.spec.hosts
    .filter(({ name }) => hosts.includes(name))
    .flatMap((one) => certificatesOf(inventory, one).map((name) => ({ host: one.name, name }))),
  ...(operators ? ofOperator.map((name) => ({ host: operator, name })) : []),
];

const namesOf = (pairs: readonly Pair[]): readonly string[] => [
  ...new Set(pairs.map(({ name }) => name)),
  ...pairs.map((pair) => `${pair.host}/${pair.name}`),
];

function unknown(kind: 'host' | 'certificate', name: string, known: readonly string[]): Failure {
  const hint = didYouMean(name, known);
  const authority = (authorityNames as readonly string[]).includes(name);
  return new Failure({
    kind: 'usage',
    doing: 'Choosing the certificates to renew',
    said: authority
      ? `${name} is a certificate authority; podstrap does not replace those`
      : `there is no ${kind} ${name}${hint === undefined ? '' : `; ${hint}`}`,
    next: `Known are: ${known.filter((one) => !one.includes('/') || one.startsWith(`${operator}/`)).join(', ')}; HOST/NAME for one host.`,
  });
}
