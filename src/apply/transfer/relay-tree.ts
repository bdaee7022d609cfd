/**
 * From whom each host gets a blob, when those that have it pass it on: a binary tree, so that its depth, and with it the
 * time, grows with the logarithm of the number of hosts. A host's parent always comes before it, so nobody waits in a
 * circle.
 *
 * @param hosts those that need it, in the order of the inventory
 * @param holders those of them that have its bytes already, from an earlier run
 * @param passesOn whether a host can be asked for it
 * @returns host → parent; hosts that are not in it get the blob from the operator
 */
export function relayTree(
  hosts: readonly string[],
  holders: ReadonlySet<string>,
  passesOn: (host: string) => boolean,
): ReadonlyMap<string, string> {
  const rank = (host: string): number => (holders.has(host) ? 0 : 2) + (passesOn(host) ? 0 : 1);
  const order = [...hosts].sort((one, other) => rank(one) - rank(other));
  const roots = Math.max(1, hosts.filter((host) => holders.has(host)).length);
  const parents = new Map<string, string>();
  for (const [index, host] of order.entries()) {
    const parent = index < roots ? undefined : order[Math.floor((index - roots) / 2)]!;
    if (parent !== undefined && passesOn(parent)) parents.set(host, parent);
  }
  return parents;
}
