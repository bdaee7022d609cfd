import { Failure } from '../../failure.js';
import type { Host, Inventory } from '../inventory.js';
import { selects } from './selects.js';

/**
 * The hosts that words of the command line mean: names and labels as `KEY=VALUE`, separated by commas. A host is meant when it has
 * one of the names, where there are any, and all of the labels. Pure.
 * @throws Failure `usage` for a name that no host has, and when none is meant
 */
export function chosenHosts({ spec, file }: Inventory, words: string | undefined): readonly Host[] {
  if (words === undefined) return spec.hosts;
  const parts = words.split(',').filter((word) => word !== '');
  const names = parts.filter((word) => !word.includes('='));
  const labels = parts.filter((word) => word.includes('=')).map((word) => word.split(/=(.*)/s, 2));
  const unknown = names.find((name) => spec.hosts.every((host) => host.name !== name));
  const selector = {
    ...(names.length === 0 ? {} : { names }),
    matchLabels: Object.fromEntries(labels.map(([key, value]) => [key, value ?? ''])),
  };
  const chosen = spec.hosts.filter((host) => selects(selector, host));
  if (unknown === undefined && chosen.length > 0) return chosen;
  throw new Failure({
    kind: 'usage',
    doing: `Choosing hosts by --hosts ${words}`,
    said: unknown === undefined ? 'no host is like that' : `no host ${unknown} in ${file}`,
    next: 'Give names of hosts, or labels as KEY=VALUE, separated by commas.',
  });
}
