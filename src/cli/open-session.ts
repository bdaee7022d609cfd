import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Emit } from '../events.js';
import { Failure, Failures } from '../failure.js';
import { hasApi, type Inventory } from '../inventory/inventory.js';
import { describeProblem } from '../inventory/reading/problem.js';
import { readInventory } from '../inventory/reading/read-inventory.js';
import { makeOperatorFolder, type Writing } from '../operator/operator-file.js';
import type { PairChoice } from '../pki/store/entries.js';
import { noteKept } from '../pki/store/kept-notes.js';
import { openKeystore } from '../pki/store/keystore.js';
import { ringStore } from '../pki/store/ring-file.js';
import { takeIdentity } from '../pki/store/take-identity.js';
import { refusalsByRecord } from '../plan/refuse/refusals.js';
import type { Session, Vouching } from '../survey/session.js';
import type { Prompts } from '../transport/connect-options.js';
import { connections } from '../transport/connections.js';
import { type ArtifactSourceOptions, artifactSource } from './artifact-source.js';
import { toldOf } from './ask/vouching.js';
import { generationFiles, generationsDirectory } from './files/generation-files.js';
import { recordFile } from './files/record-file.js';
import { rolloutFile } from './files/rollout-file.js';
import { runListCommand } from './files/run-list-command.js';
import { snapshotFiles } from './files/snapshot-files.js';
import { stateDirectory } from './files/state-directory.js';
import type { Interrupts } from './interrupts.js';
import type { GlobalOptions } from './options.js';
import { runSecretCommands } from './secrets/run-secret-commands.js';
import { hide } from './terminal.js';
import { version } from './version.js';

/** Tells which pairs of this inventory to make anew. @throws Failure `usage` when it was asked for one that is not there */
export type ChooseRenewal = (inventory: Inventory) => PairChoice;

/** Reads and checks the inventory. @param warn told about what is allowed but unwise */
export async function openInventory(
  options: GlobalOptions,
  warn: (text: string) => void,
): Promise<Inventory> {
  const { inventory, warnings } = await readInventory(options.file, {
    environment: process.env,
    run: runListCommand,
  });
  hide(inventory.hidden);
  for (const warning of warnings) warn(describeProblem(warning));
  return inventory;
}

/** How a folder is made below `.podstrap`. */
export const ownFolder = (folder: string): Writing => ({
  what: `the folder ${folder}`,
  mode: 0o700,
  next: 'podstrap keeps keys, journals and known host keys in `.podstrap`, beside the inventory. Free some space there, or make it writable for you (`ls -ld`), then run the same command again.',
});

/** Who types, for locks and journals: user@machine. */
export const operatorName = (): string => `${userInfo().username}@${hostname()}`;

/** Certificates are made for what the inventory says, so one that the cluster cannot take must not get as far. */
async function refuseByRecord(inventory: Inventory, record: Session['record']): Promise<void> {
  const refused = refusalsByRecord(inventory, await record.load());
  if (refused.length > 0) throw new Failures(refused);
}

/** The API servers of a cluster would have to trust both for a while. @throws Failure `usage` */
function refuseForCluster(inventory: Inventory): void {
  if (!hasApi(inventory)) return;
  throw new Failure({
    kind: 'usage',
    doing: 'Replacing the authority of the hosts',
    said: `--new-authority is for fleets, and ${inventory.file} describes a cluster`,
    next: 'See docs/recovery.md for a cluster whose keystore is lost.',
  });
}

/** Everything that a command needs to work on the inventory's hosts. */
export async function openSession(
  read: Inventory,
  options: GlobalOptions,
  command: string,
  run: string,
  emit: Emit,
  interrupts: Pick<Interrupts, 'stop' | 'abort'>,
  prompts: Prompts | undefined,
  supply: ArtifactSourceOptions = {},
  renew?: ChooseRenewal,
  changes = false,
  vouching: Vouching = toldOf(options, emit),
  newAuthority?: string,
): Promise<Session> {
  const inventory = await runSecretCommands(read);
  hide(inventory.hidden);
  const directory = stateDirectory(inventory);
  await makeOperatorFolder(directory, ownFolder(directory));
  const record = recordFile(directory);
  if (changes) await refuseByRecord(inventory, record);
  if (newAuthority !== undefined) {
    refuseForCluster(inventory);
    await takeIdentity(directory, newAuthority, (await record.load()) !== undefined);
  }
  const { keys, renewed, waitingFor, keepAsked } = await openKeystore({
    directory,
    inventory,
    now: new Date(),
    ...(renew === undefined ? {} : { renew: renew(inventory) }),
  });
  const tellRenewed = (names: readonly string[]) => {
    for (const name of names) emit({ event: 'warning', message: `renewed: ${name}` });
  };
  tellRenewed(renewed);
  for (const name of waitingFor) emit({ event: 'warning', message: `to be signed: ${name}` });
  // One for the whole run: it remembers passphrases and passwords that were asked for.
  const ways = connections(inventory, {
    knownHostsFile: join(directory, 'known_hosts'),
    home: homedir(),
    env: process.env,
    acceptNewHostKeys: options.acceptNewHostKeys,
    signal: interrupts.abort,
    ...(prompts ? { prompts } : {}),
  });
  return {
    inventory,
    keys,
    record,
    ring: ringStore(directory),
    ...(newAuthority === undefined ? {} : { replacesAuthority: true }),
    generations: generationFiles(generationsDirectory(inventory)),
    rollouts: rolloutFile(directory),
    vouching,
    noteKept: (hosts, kept) => noteKept(directory, inventory, hosts, kept),
    keepRenewed: async () => tellRenewed(await keepAsked()),
    snapshots: snapshotFiles(join(directory, 'snapshots')),
    apiPorts: new Map(),
    connect: ways.connectAll,
    artifacts: artifactSource(inventory, supply, emit, interrupts.abort),
    ...(supply.maxUpload === undefined ? {} : { maxUpload: supply.maxUpload }),
    emit,
    now: () => new Date(),
    run,
    owner: `${operatorName()} (podstrap ${command})`,
    version: version(),
    stop: interrupts.stop,
    abort: interrupts.abort,
  };
}
