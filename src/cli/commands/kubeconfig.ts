import { Command } from 'commander';
import { readYaml } from '../../read-yaml.js';
import { answer } from '../answer.js';
import { mergeKubeconfig } from '../files/merge-kubeconfig.js';
import { adminKubeconfig, writeKubeconfig } from '../files/write-kubeconfig.js';
import { globalOptions } from '../options.js';
import { jsonText, printData } from '../terminal.js';
import { withRun } from '../with-run.js';

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
--merge replaces entries of the same name only if they belong to this cluster, judged by its certificate authority;
otherwise the new ones get another name (prod-2). The previous file is kept beside it, as FILE.podstrap-backup.`,
    )
    .action(async (own: { stdout?: boolean; merge?: string }, command: Command) => {
      const options = globalOptions(command);
      if (own.stdout === true) {
        const config = await withRun(options, run, (session) => adminKubeconfig(session));
        // JSON is YAML: whoever reads the one reads the other.
        return printData(
          options.output === 'json' ? `${jsonText(readYaml(config.reveal()), 2)}\n` : config.reveal(),
        );
      }
      const file = await withRun(options, run, async (session) => {
        if (own.merge === undefined) return writeKubeconfig(session);
        const { context, renamed, backup } = await mergeKubeconfig(own.merge, await adminKubeconfig(session));
        const warn = (message: string) => session.emit({ event: 'warning', message });
        if (renamed)
          warn(
            `${own.merge} has entries of another cluster under these names: our context is called ${context}`,
          );
        if (backup !== undefined) warn(`${own.merge} is kept in ${backup} as it was before`);
        return own.merge;
      });
      answer(options, 'KubeconfigFile', { kubeconfig: file }, () => `${file}\n`);
    });

const run = { command: 'kubeconfig', needsApi: true, jsonEvents: false } as const;
