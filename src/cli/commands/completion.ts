import { script } from '@bomb.sh/tab';
import { Argument, Command } from 'commander';
import { everyField } from '../../inventory/explain.js';
import type { Inventory } from '../../inventory/inventory.js';
import { fleetJsonSchema, jsonSchema } from '../../inventory/json-schema.js';
import { readInventory } from '../../inventory/reading/read-inventory.js';
import { answer } from '../answer.js';
import { renewable } from '../ask/choose-renewal.js';
import { runsDirectory } from '../files/journal-file.js';
import { runsIn } from '../files/read-history.js';
import { globalOptions } from '../options.js';
import { print, printed } from '../terminal.js';
import { completions, type Known } from '../view/completions.js';

const shells = ['bash', 'zsh', 'fish'] as const;

export const completionCommand = (): Command =>
  new Command('completion')
    .description(
      'Print a completion script for commands, options, hosts, runs, certificates, fields and labels.',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      `
For this shell, or at the end of its start-up file:
  bash  source <(podstrap completion bash)     # needs the package bash-completion
  zsh   source <(podstrap completion zsh)      # below compinit
  fish  podstrap completion fish | source`,
    )
    .action((shell: (typeof shells)[number], _: object, command: Command) => {
      const script = shellScript(shell);
      answer(globalOptions(command), 'CompletionScript', { shell, script }, () => script);
    });

/** Asked by what `completion` prints, at each Tab: the words so far, the last one unfinished. */
export const completeCommand = (root: Command): Command =>
  new Command('complete')
    .description('Print possible completions of the words given.')
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: readonly string[]) => print(completions(root, words, await knownTo(words))));

const shellScript = (shell: (typeof shells)[number]): string =>
  shell === 'bash' ? bashScript : printed(() => script(shell, 'podstrap', 'podstrap'));

// The library’s own for bash wants another package, and lets the shell run what somebody has only typed.
const bashScript = `_podstrap() {
  local line=\${COMP_LINE:0:COMP_POINT} words
  read -ra words <<<"$line"
  [[ $line != *[[:space:]] ]] || words+=('')
  mapfile -t COMPREPLY < <(podstrap complete -- "\${words[@]:1}" 2>/dev/null)
  local last=$((\${#COMPREPLY[@]} - 1))
  ((last >= 0)) || return
  [[ \${COMPREPLY[last]} == :0 ]] || compopt +o default
  unset "COMPREPLY[last]"
  COMPREPLY=("\${COMPREPLY[@]%%$'\\t'*}")
}
complete -o default -F _podstrap podstrap
`;

/** What this machine knows of the inventory that the words name; nothing where there is none, or one that is not valid. */
async function knownTo(words: readonly string[]): Promise<Known> {
  const at = words.findIndex((word) => word === '-f' || word === '--file');
  const equal = words.find((word) => word.startsWith('--file='))?.slice('--file='.length);
  const file =
    equal ?? (at < 0 ? undefined : words[at + 1]) ?? process.env['PODSTRAP_FILE'] ?? 'cluster.yaml';
  const inventory = await readInventory(file, { environment: process.env }).then(
    (read) => read.inventory,
    () => undefined,
  );
  const of = (list: (inventory: Inventory) => readonly string[]) => () =>
    inventory === undefined ? [] : list(inventory);
  return {
    hosts: of(({ spec }) => spec.hosts.map(({ name }) => name)),
    runs: of((one) => runsIn(runsDirectory(one)).toReversed()),
    certificates: of(renewable),
    labels: of(({ spec }) => [
      'host',
      ...new Set(spec.hosts.flatMap(({ labels = {} }) => Object.keys(labels))),
    ]),
    fields: () =>
      [jsonSchema(), fleetJsonSchema()].flatMap(everyField).map(({ path }) => path.replaceAll('[]', '')),
  };
}
