import { Command } from 'commander';
import { createCommand } from './create.js';
import { diffCommand } from './diff.js';
import { mergeCommand } from './merge.js';
import { showCommand } from './show.js';
import { signCommand } from './sign.js';
import { verifyCommand } from './verify.js';

/** Everything that has to do with the file that crosses an air gap. @param inherit gives a command the root's settings */
export function bundleCommand(inherit: (command: Command) => Command): Command {
  const group = inherit(new Command('bundle')).description(
    'One file with everything that a cluster needs, for sites without a network.',
  );
  for (const command of [
    createCommand(),
    verifyCommand(),
    signCommand(),
    showCommand(),
    diffCommand(),
    mergeCommand(),
  ])
    group.addCommand(inherit(command));
  return group;
}
