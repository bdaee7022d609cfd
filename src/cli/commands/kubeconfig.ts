import { Command } from 'commander';
import { mergeKubeconfig } from '../merge-kubeconfig.js';
import { globalOptions } from '../options.js';
import { jsonText, print } from '../terminal.js';
import { withRun } from '../with-run.js';
import { adminKubeconfig, writeKubeconfig } from '../write-kubeconfig.js';

export const kubeconfigCommand = (): Command =>
  new Command('kubeconfig')
    .description(
      'Write the administrator’s kubeconfig beside the keystore, print it, or merge it into another one.',
    )
    .option('--stdout', 'print it')
    .option(
      '--merge <file>',
      'merge cluster, user and context into this kubeconfig and make the context current',
    )
    .action(async (own: { stdout?: boolean; merge?: string }, command: Command) => {
      const options = globalOptions(command);
      const done = await withRun(options, { command: 'kubeconfig', jsonEvents: false }, async (session) => {
        if (own.stdout === true) return (await adminKubeconfig(session)).reveal();
        if (own.merge === undefined) return `${await writeKubeconfig(session)}\n`;
        await mergeKubeconfig(own.merge, await adminKubeconfig(session));
        return `${own.merge}\n`;
      });
      print(
        options.output === 'json' && own.stdout !== true
          ? `${jsonText({ kubeconfig: done.trim() })}\n`
          : done,
      );
    });
