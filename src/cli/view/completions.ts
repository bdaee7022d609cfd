import { type Command as Completed, RootCommand, ShellCompDirective } from '@bomb.sh/tab';
import type { Argument, Command, Option } from 'commander';

/** What can be completed of what is on this machine, each asked for only when somebody has come to it. */
export interface Known {
  readonly hosts: () => readonly string[];
  readonly runs: () => readonly string[];
  readonly certificates: () => readonly string[];
  readonly fields: () => readonly string[];
  readonly labels: () => readonly string[];
}

/** Possible ends of a command line, one per line, then how the shell is to take them, as its script understands it. */
export function completions(root: Command, words: readonly string[], known: Known): string {
  const all = new RootCommand();
  const current = words.at(-1) ?? '';
  // What is completed: of `--limit=cp-1,w` all behind the sign, where a list goes on behind its last comma.
  const typed = current.replace(/^--[a-z-]+=/, '');
  const listed = typed.slice(0, typed.lastIndexOf(',') + 1);
  let wantsFiles = false;
  const valuesOf = (placeholder: string, complete: (value: string, description: string) => void): void => {
    const kind = kinds[placeholder];
    if (kind === 'files') wantsFiles = true;
    else if (kind !== undefined) for (const value of known[kind]()) complete(listed + value, '');
  };
  const optionsTo = (completed: Completed, options: readonly Option[]): void => {
    for (const { long, short, description, required, optional, argChoices, flags } of options) {
      if (long == null) continue;
      const alias = short?.slice(1);
      if (!required && !optional) completed.option(long.slice(2), description, alias);
      else
        completed.option(
          long.slice(2),
          description,
          (complete) => {
            if (argChoices) for (const choice of argChoices) complete(choice, '');
            else valuesOf(/<(.*)>/.exec(flags)?.[1] ?? '', complete);
          },
          alias,
        );
    }
  };
  const argumentsTo = (completed: Completed, own: readonly Argument[]): void => {
    for (const argument of own)
      completed.argument(
        argument.name(),
        (complete) => valuesOf(argument.name(), complete),
        argument.variadic,
      );
  };
  const walk = (command: Command, path: readonly string[], inherited: readonly Option[]): void => {
    const help = command.createHelp();
    const options = [...help.visibleOptions(command), ...inherited];
    const completed =
      path.length === 0 ? all : all.command(path.join(' '), command.summary() || command.description());
    optionsTo(completed, options);
    argumentsTo(completed, command.registeredArguments);
    for (const below of help.visibleCommands(command)) walk(below, [...path, below.name()], options);
  };
  walk(root, [], []);
  // The library prints where it ends; what gets to a terminal goes through one place here.
  Object.defineProperty(all, 'complete', { value: () => undefined });
  all.parse([...words]);
  const fitting = new Map(
    all.completions
      .filter(({ value }) => value.startsWith(typed))
      .map(({ value, description = '' }) => [value, description]),
  );
  const directive = wantsFiles
    ? ShellCompDirective.ShellCompDirectiveDefault
    : ShellCompDirective.ShellCompDirectiveNoFileComp;
  return [...[...fitting].map(([one, told]) => `${one}\t${told}`), `:${directive}`]
    .map((line) => `${line}\n`)
    .join('');
}

const kinds: Readonly<Record<string, keyof Known | 'files'>> = {
  host: 'hosts',
  hosts: 'hosts',
  run: 'runs',
  names: 'certificates',
  field: 'fields',
  label: 'labels',
  file: 'files',
  path: 'files',
  dir: 'files',
  bundle: 'files',
  old: 'files',
  new: 'files',
};
