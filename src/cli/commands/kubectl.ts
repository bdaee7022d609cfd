import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { reachApiServers } from '../../stories/api-servers.js';
import { refuseWithoutApi } from '../../stories/fleet/refuse-without-api.js';
import type { Session } from '../../survey/session.js';
import { openLoopbackDoor } from '../../transport/loopback-door.js';
import { terminalPrompts } from '../ask/prompts.js';
import { endSignals } from '../end-signals.js';
import { stateDirectory } from '../files/state-directory.js';
import { adminKubeconfig } from '../files/write-kubeconfig.js';
import { openInventory, openSession } from '../open-session.js';
import { type GlobalOptions, globalOptions } from '../options.js';
import { newRunId } from '../run-id.js';
import { runProgram } from '../run-program.js';
import { printError } from '../terminal.js';

export const kubectlCommand = (): Command =>
  new Command('kubectl')
    .description('Run your kubectl through the SSH connections, where nothing but SSH reaches the cluster.')
    .argument('[words...]', 'arguments for kubectl')
    .allowUnknownOption()
    .addHelpText(
      'after',
      `
Examples:
  $ podstrap kubectl get nodes -o wide
  $ podstrap kubectl logs -f -n kube-system kube-apiserver-cp-1
  $ podstrap -f prod.yaml kubectl apply -f app.yaml     # podstrap’s own options come before the word kubectl
  $ podstrap kubectl -- --help                          # kubectl’s help

It runs the kubectl in PATH as the administrator, against the first API server that is ready; if its host fails,
the next connection uses another control plane. Standard input and output are kubectl’s, and so is the exit code. The
kubeconfig that it gets is removed when it ends; it does not work without podstrap.
Where you can reach the API yourself, \`podstrap kubeconfig\` writes one that lasts.`,
    )
    .action(async (words: string[], _own: object, command: Command) => {
      process.exitCode = await runKubectl(globalOptions(command), words);
    });

async function runKubectl(options: GlobalOptions, words: readonly string[]): Promise<number> {
  const session = await quietSession(options);
  const servers = await reachApiServers(session);
  const door = await openLoopbackDoor(servers.open);
  // Until what kubectl got is removed again, nothing ends us: kubectl is told, and we end with it.
  const hold = () => undefined;
  for (const signal of endSignals) process.on(signal, hold);
  const directory = await mkdtemp(join(stateDirectory(session.inventory), 'kubectl-'));
  try {
    const file = join(directory, 'config');
    const config = await adminKubeconfig(session, `127.0.0.1:${door.port}`);
    await writeFile(file, config.reveal(), { mode: 0o600 });
    return await runProgram('kubectl', words, { KUBECONFIG: file });
  } finally {
    await rm(directory, { recursive: true, force: true });
    await door.close();
    await servers.close();
    for (const signal of endSignals) process.off(signal, hold);
  }
}

/** A session that says nothing but warnings: standard output belongs to kubectl. Ctrl-C ends it while it connects. */
async function quietSession(options: GlobalOptions): Promise<Session> {
  const warn = (text: string) => printError(`warning: ${text}\n`);
  const inventory = await openInventory(options, warn);
  refuseWithoutApi(inventory, 'kubectl');
  const never = new AbortController().signal;
  return openSession(
    inventory,
    options,
    'kubectl',
    newRunId(new Date()),
    (event) => {
      if (event.event === 'warning') warn(event.message);
    },
    { stop: never, abort: never },
    terminalPrompts(),
  );
}
