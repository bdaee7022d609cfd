import { Command, Option } from 'commander';
import { Failure } from '../failure.js';
import { digestOption } from './ask/vouching.js';
import { approveCommand } from './commands/approve.js';
import { bundleCommand } from './commands/bundle/bundle.js';
import { certsCommand } from './commands/certs.js';
import { checkCommand } from './commands/check.js';
import { completeCommand, completionCommand } from './commands/completion.js';
import { demoCommand } from './commands/demo.js';
import { encryptionCommand } from './commands/etcd/encryption.js';
import { etcdCommand } from './commands/etcd/etcd.js';
import { explainCommand } from './commands/explain.js';
import { historyCommand } from './commands/history.js';
import { imagesCommand } from './commands/images.js';
import { initCommand } from './commands/init.js';
import { kubeconfigCommand } from './commands/kubeconfig.js';
import { kubectlCommand } from './commands/kubectl.js';
import { planCommand } from './commands/plan.js';
import { execCommand } from './commands/pods/exec.js';
import { logsCommand } from './commands/pods/logs.js';
import { podsCommand } from './commands/pods/pods.js';
import { topCommand } from './commands/pods/top.js';
import { practiceCommand } from './commands/practice.js';
import { renderCommand } from './commands/render.js';
import { resetCommand } from './commands/reset.js';
import { rollbackCommand } from './commands/rollback.js';
import { statusCommand } from './commands/status.js';
import { unlockCommand } from './commands/unlock.js';
import { upCommand } from './commands/up.js';
import { validateCommand } from './commands/validate.js';
import { versionCommand } from './commands/version.js';
import { type GlobalOptions, outputFormats } from './options.js';
import { version } from './version.js';

/** The whole command line. */
export function program(): Command {
  const root = new Command('podstrap')
    .description(
      'Brings up Kubernetes control planes of static pods on your own hosts, over SSH, and keeps them that way.',
    )
    .version(version())
    .addOption(new Option('-f, --file <path>', 'inventory file').env('PODSTRAP_FILE').default('cluster.yaml'))
    .addOption(
      new Option('-o, --output <format>', 'how to print; markdown is for `plan`')
        .choices(outputFormats)
        .default('text'),
    )
    .option('--no-color', 'no colors (NO_COLOR does the same)')
    .option('-v, --verbose', 'show every step, one line each')
    .option('--accept-new-host-keys', 'trust SSH host keys that are not known yet; changed ones are refused')
    .option(
      '--accept-record <digest>',
      'accept from the control planes a record that this machine has lost, if it has this digest; on a terminal you are asked instead',
      digestOption,
    )
    .showHelpAfterError(
      '(`podstrap --help` lists the commands, `podstrap COMMAND --help` the options of one)',
    )
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .addHelpText(
      'after',
      `
Start here:
  $ podstrap init            # writes a commented cluster.yaml
  $ podstrap plan            # shows what would change
  $ podstrap up              # applies it
  $ podstrap demo            # a tour on practice hosts, without root

Exit codes: 0 done, 1 failed, 2 changes pending (plan --detailed-exitcode), 64 bad usage or inventory,
75 try again (locked, host unreachable), 130 interrupted or cancelled, 141 nobody read the output.`,
    );
  for (const command of [
    initCommand(),
    validateCommand(),
    explainCommand(),
    planCommand(),
    upCommand(),
    approveCommand(),
    statusCommand(),
    podsCommand(),
    topCommand(),
    logsCommand(),
    execCommand(),
    checkCommand(),
    renderCommand(),
    kubeconfigCommand(),
    kubectlCommand(),
    certsCommand(),
    etcdCommand(),
    encryptionCommand(),
    historyCommand(),
    rollbackCommand(),
    resetCommand(),
    unlockCommand(),
    imagesCommand(),
    versionCommand(),
    completionCommand(),
    demoCommand(),
    practiceCommand(),
  ])
    root.addCommand(inheriting(command, root));
  root.addCommand(bundleCommand((command) => command.copyInheritedSettings(root)));
  root.addCommand(inheriting(completeCommand(root), root), { hidden: true });
  return root.hook('preAction', refuseMarkdown);
}

/** @throws Failure `usage` where only a plan could be asked for */
function refuseMarkdown(root: Command, command: Command): void {
  if (root.opts<GlobalOptions>().output !== 'markdown' || command.name() === 'plan') return;
  throw new Failure({
    kind: 'usage',
    doing: 'Reading the options',
    said: '-o markdown is there for `podstrap plan` only',
    next: 'Use -o text or -o json.',
  });
}

/** A command takes its manners, such as how it ends, from the one above it; and so do the commands below it. */
function inheriting(command: Command, from: Command): Command {
  for (const below of command.commands) below.copyInheritedSettings(from);
  return command.copyInheritedSettings(from);
}
