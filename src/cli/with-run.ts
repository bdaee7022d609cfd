import type { RunEvent } from '../events.js';
import type { Inventory } from '../inventory/inventory.js';
import { makeOperatorFolder } from '../operator/operator-file.js';
import { thisProcess } from '../operator/process-identity.js';
import type { Session } from '../survey/session.js';
import type { ArtifactSourceOptions } from './artifact-source.js';
import { askedWithin, terminalPrompts } from './ask/prompts.js';
import { askedAbout, toldOf } from './ask/vouching.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import { journalFile, runFile, runsDirectory } from './files/journal-file.js';
import { listenForInterrupts } from './interrupts.js';
import { type ChooseRenewal, openInventory, openSession, operatorName } from './open-session.js';
import type { GlobalOptions } from './options.js';
import { problemData } from './problem.js';
import { newRunId } from './run-id.js';
import { print, printError } from './terminal.js';
import { version } from './version.js';
import { liveView } from './view/live.js';
import { jsonView, plainView, quietView } from './view/plain.js';
import type { View } from './view/view.js';

const toStdout = (line: string): void => print(`${line}\n`);
const toStderr = (line: string): void => printError(`${line}\n`);

/** Rows that a live view may take; with more hosts than that, lines are easier to read. */
const mostRows = 30;

function chooseView(options: GlobalOptions, inventory: Inventory, jsonEvents: boolean): View {
  if (options.output === 'json')
    return jsonEvents ? jsonView(toStdout, () => new Date()) : quietView(toStderr);
  const hosts = inventory.spec.hosts.map(({ name }) => name);
  if (process.stderr.isTTY && process.stdout.isTTY && !options.verbose && hosts.length <= mostRows)
    return liveView(hosts);
  return plainView(toStderr, options.verbose);
}

/** Up to here a run has only looked, and can be stopped at any time. */
const looking = ['connect', 'look'];

const beginsChanges = (event: RunEvent): boolean =>
  event.event === 'planned' || (event.event === 'stage' && !looking.includes(event.stage));

export interface RunOptions {
  /** The command's name, for the lock and the journal. */
  readonly command: string;
  /** Whether `-o json` prints events, or only the result. */
  readonly jsonEvents: boolean;
  readonly supply?: ArtifactSourceOptions;
  /** It plans changes of the cluster: an inventory that the cluster cannot take is refused at once. */
  readonly changes?: boolean;
  /** It changes the cluster: what only hosts remember has to be accepted first. */
  readonly vouches?: boolean;
  /** Certificates to make anew although nothing is wrong with them. */
  readonly renew?: ChooseRenewal;
}

/**
 * Runs a command's work with a session, a view of it, its journal and Ctrl-C.
 * @param work may end the view early, to print or ask, by `pause`
 */
export async function withRun<T>(
  options: GlobalOptions,
  { command, jsonEvents, supply, renew, changes, vouches }: RunOptions,
  work: (session: Session, pause: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const inventory = await openInventory(options, (text) => toStderr(`warning: ${text}`));
  let view = chooseView(options, inventory, jsonEvents);
  const fresh = () => chooseView(options, inventory, jsonEvents);
  const run = newRunId(new Date());
  const runs = runsDirectory(inventory);
  await makeOperatorFolder(runs, { what: `the folder ${runs}`, mode: 0o700 });
  const journal = journalFile(runFile(inventory, run), () => new Date());
  journal.begin({ run, command, by: operatorName(), podstrap: version(), process: thisProcess() });
  let paused = false;
  let asking = 0;
  let changing = false;
  const emit: Session['emit'] = (event) => {
    changing ||= beginsChanges(event);
    if (asking > 0) return journal.emit(event);
    if (paused) {
      view = fresh();
      paused = false;
    }
    journal.emit(event);
    view.emit(event);
  };
  const interrupts = listenForInterrupts(
    (text) => (paused ? toStderr(text) : view.say(text)),
    () => changing,
  );
  const pause = async () => {
    if (!paused) await view.close(true);
    paused = true;
  };
  const prompts = askedWithin(terminalPrompts(), async (ask) => {
    asking++;
    try {
      await pause();
      return await ask();
    } finally {
      asking--;
    }
  });
  let ok = false;
  try {
    const opened = openSession(
      inventory,
      options,
      command,
      run,
      emit,
      interrupts,
      prompts,
      supply,
      renew,
      changes,
      vouches ? askedAbout(options, pause) : toldOf(options, emit),
    );
    const result = await interrupts.within(opened.then((session) => work(session, pause)));
    ok = true;
    journal.end({ result: 'done' });
    return result;
  } catch (error) {
    const interrupted = exitCodeOf(error) === exitCodes.interrupted;
    journal.end({ result: interrupted ? 'interrupted' : 'failed', failures: problemData(error) });
    throw error;
  } finally {
    interrupts.dispose();
    if (!paused) await view.close(ok);
    await journal.close();
  }
}
