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
    .addHelpText(
      'after',
      `
--merge replaces entries of the same name only when they are this cluster’s, told by its authority; else its own are
named apart from them (prod-2). The file as it was before is kept beside it, as FILE.podstrap-backup.`,
    )
    .action(async (own: { stdout?: boolean; merge?: string }, command: Command) => {
      const options = globalOptions(command);
      const done = await withRun(options, { command: 'kubeconfig', jsonEvents: false }, async (session) => {
        if (own.stdout === true) return (await adminKubeconfig(session)).reveal();
        if (own.merge === undefined) return `${await writeKubeconfig(session)}\n`;
        const { context, renamed, backup } = await mergeKubeconfig(own.merge, await adminKubeconfig(session));
        const warn = (message: string) => session.emit({ event: 'warning', message });
        if (renamed)
          warn(
            `${own.merge} has entries of another cluster under these names: our context is called ${context}`,
          );
        if (backup !== undefined) warn(`${own.merge} as it was before is kept in ${backup}`);
        return `${own.merge}\n`;
      });
      print(
        options.output === 'json' && own.stdout !== true
          ? `${jsonText({ kubeconfig: done.trim() })}\n`
          : done,
      );
    });
