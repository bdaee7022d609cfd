import type { Command } from 'commander';
import { Failure } from '../failure.js';
import { nearest } from '../inventory/did-you-mean.js';

const approve = 'it shows what would change and asks before it changes anything';

/** Words that other tools have, and what does that here. */
const commands: Readonly<Record<string, string>> = {
  apply: `\`podstrap up\`: ${approve}.`,
  create: `\`podstrap up\`: ${approve}. \`podstrap init\` writes an inventory to begin with.`,
  deploy: `\`podstrap up\`: ${approve}.`,
  install: `\`podstrap up\`: ${approve}.`,
  join: 'Add the host to the inventory, then `podstrap up`.',
  upgrade: 'Set spec.kubernetesVersion in the inventory, then `podstrap up`.',
  destroy:
    '`podstrap reset --all` ends the cluster and puts its hosts back; `podstrap reset HOST` does so for one.',
  delete:
    '`podstrap reset HOST` puts a host back, `podstrap reset --all` the whole cluster. A host that is to leave for good also goes from the inventory.',
  remove:
    'Take the host out of the inventory, then `podstrap up`; `podstrap reset HOST` puts it back as it was.',
  diff: '`podstrap plan` shows what differs, with diffs.',
};

const options: Readonly<Record<string, string>> = {
  '--dry-run': '`podstrap plan` shows what `up` would change, and changes nothing on any host.',
};

/**
 * A word of other tools' in place of one of ours, told with what does that here; undefined for a command line without one.
 * @param words what passOn made of the command line
 */
export function otherWord(root: Command, words: readonly string[]): Failure | undefined {
  const end = words.indexOf('--');
  const own = end === -1 ? words : words.slice(0, end);
  const takesValue = root.options.flatMap(({ required, short, long }) => (required ? [short, long] : []));
  const first = own.find(
    (word, index) => !word.startsWith('-') && (index === 0 || !takesValue.includes(own[index - 1])),
  );
  const meant = first === undefined ? undefined : meantBy(root, first);
  if (meant !== undefined) return misread(`there is no command ${first}`, commands[meant]!);
  const command = root.commands.find((one) => one.name() === first);
  const option = own.find(
    (word) => Object.hasOwn(options, word) && !(command !== undefined && hasOption(command, word)),
  );
  return option === undefined ? undefined : misread(`there is no option ${option}`, options[option]!);
}

/** Such a word, or one that was mistyped and is near to none of our own. */
function meantBy(root: Command, first: string): string | undefined {
  if (hasCommand(root, first)) return undefined;
  if (Object.hasOwn(commands, first)) return first;
  if (
    nearest(
      first,
      root.commands.map((one) => one.name()),
    ).length > 0
  )
    return undefined;
  return nearest(first, Object.keys(commands))[0];
}

const hasCommand = (root: Command, name: string): boolean => root.commands.some((one) => one.name() === name);

const hasOption = (command: Command, name: string): boolean =>
  command.options.some(({ long }) => long === name) ||
  command.commands.some((below) => hasOption(below, name));

const misread = (said: string, next: string): Failure =>
  new Failure({ kind: 'usage', doing: 'Reading the command line', said, next });
