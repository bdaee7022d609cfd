/** Something that one process uses and all others must accept, such as a key that data is written with. */
export interface Token {
  /** Equal ids are the same thing. */
  readonly id: string;
  /** For people; never a secret. */
  readonly label: string;
}

/** What one API server or etcd member uses for new things, and everything that it accepts. */
export interface Trust {
  readonly uses: readonly Token[];
  readonly accepts: readonly Token[];
}

export type SuccessionKind = 'encryption' | 'issuer' | 'etcd-ca' | 'front-proxy-ca';

/** What every control plane has of one kind, and is to have. */
export interface Succession {
  readonly kind: SuccessionKind;
  readonly hosts: ReadonlyMap<string, { readonly before: Trust; readonly after: Trust }>;
}

/** A change that cannot be made in one go. */
export interface OutOfOrder {
  readonly kind: SuccessionKind;
  /** `early`: used before everybody accepts it. `retired`: no longer accepted while it is in use. */
  readonly problem: 'early' | 'retired';
  /** What is used too early, or was retired too early. */
  readonly labels: readonly string[];
  /** Hosts that do not accept it. */
  readonly hosts: readonly string[];
}

const accepts = ({ accepts: all }: Trust, { id }: Token): boolean => all.some((token) => token.id === id);

const changes = ({ before, after }: { before: Trust; after: Trust }): boolean =>
  !after.uses.every((token) => before.uses.some(({ id }) => id === token.id));

/** True when some host is to use something else than it does. */
export const changesUse = ({ hosts }: Succession): boolean => [...hosts.values()].some(changes);

/**
 * The one rule of order: while a change rolls from node to node, old and new live side by side. So what is used next must
 * be accepted everywhere beforehand, and what was used must stay accepted afterwards. Pure.
 */
export function outOfOrder({ kind, hosts }: Succession): readonly OutOfOrder[] {
  const early = [...hosts]
    .filter(([, trust]) => changes(trust))
    .flatMap(([name, { after }]) =>
      [...hosts].flatMap(([other, { before }]) =>
        other === name ? [] : lacking(after.uses, before).map((token) => ({ token, host: other })),
      ),
    );
  const retired = [...hosts.values()].flatMap(({ before }) =>
    [...hosts].flatMap(([other, { after }]) =>
      lacking(before.uses, after).map((token) => ({ token, host: other })),
    ),
  );
  return [...found(kind, 'early', early), ...found(kind, 'retired', retired)];
}

const lacking = (uses: readonly Token[], trust: Trust): readonly Token[] =>
  uses.filter((token) => !accepts(trust, token));

function found(
  kind: SuccessionKind,
  problem: OutOfOrder['problem'],
  all: readonly { readonly token: Token; readonly host: string }[],
): readonly OutOfOrder[] {
  if (all.length === 0) return [];
  const labels = [...new Set(all.map(({ token }) => token.label))];
  return [{ kind, problem, labels, hosts: [...new Set(all.map(({ host }) => host))] }];
}
