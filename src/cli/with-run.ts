import type { RunEvent } from '../events.js';
import { Failure } from '../failure.js';
import type { Inventory } from '../inventory/inventory.js';
import { makeOperatorFolder } from '../operator/operator-file.js';
import { thisProcess } from '../operator/process-identity.js';
import { refuseWithoutApi } from '../stories/fleet/refuse-without-api.js';
import type { Session } from '../survey/session.js';
import type { ArtifactSourceOptions } from './artifact-source.js';
import { Cancelled } from './ask/cancelled.js';
import type { Desk } from './ask/desk.js';
import { askedWithin, terminalPrompts } from './ask/prompts.js';
import { askedAbout, toldOf } from './ask/vouching.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import { journalFile, runFile, runsDirectory } from './files/journal-file.js';
import { HeldUp, listenForInterrupts } from './interrupts.js';
import { OutputLost, outputLost } from './lost-output.js';
import { type ChooseRenewal, openInventory, openSession, operatorName, ownFolder } from './open-session.js';
import { dressOf, type GlobalOptions } from './options.js';
import { problemData } from './problem.js';
import { newRunId } from './run-id.js';
import { canDraw, printData, printError } from './terminal.js';
import { version } from './version.js';
import { liveView } from './view/live.js';
import { jsonView, plainView, quietView } from './view/plain.js';
import type { View } from './view/view.js';

const toStderr = (line: string): void => printError(`${line}\n`);

function chooseView(options: GlobalOptions, inventory: Inventory, jsonEvents: boolean): View {
  if (options.output === 'json')
    return jsonEvents
      ? jsonView(
          (line) => printData(`${line}\n`),
          () => new Date(),
        )
      : quietView(toStderr);
  const hosts = inventory.spec.hosts.map(({ name }) => name);
  if (canDraw(process.stderr) && process.stdout.isTTY && !options.verbose)
    return liveView(hosts, dressOf(options, process.stderr));
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
  /** It goes on to its end although nobody reads what it prints: something would be left half done. */
  readonly whole?: boolean;
  /** It changes the cluster: what only hosts remember has to be accepted first. */
  readonly vouches?: boolean;
  /** It is about the API or etcd, which hosts of a fleet do not have. */
  readonly needsApi?: boolean;
  /** The identity that a fleet's hosts remember, which its keystore has lost: they get the authority of the one that is here. */
  readonly newAuthority?: string | undefined;
  /** Certificates to make anew although nothing is wrong with them. */
  readonly renew?: ChooseRenewal;
}

/**
 * Runs a command's work with a session, a view of it, its journal and Ctrl-C.
 * @param work may print and ask by its second argument
 */
export async function withRun<T>(
  options: GlobalOptions,
  { command, jsonEvents, supply, renew, changes, vouches, needsApi, newAuthority, whole = false }: RunOptions,
  work: (session: Session, desk: Desk) => Promise<T>,
): Promise<T> {
  const inventory = await openInventory(options, (text) => toStderr(`warning: ${text}`));
  if (needsApi === true) refuseWithoutApi(inventory, command);
  let view = chooseView(options, inventory, jsonEvents);
  const fresh = () => chooseView(options, inventory, jsonEvents);
  const run = newRunId(new Date());
  const runs = runsDirectory(inventory);
  await makeOperatorFolder(runs, ownFolder(runs));
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
  let cancelled: Cancelled | undefined;
  // Before anything was changed, whoever does not answer a question has ended the run: there is no more to say.
  const isCancelled = () => asking > 0 && !changing;
  const interrupts = listenForInterrupts(
    (text) => isCancelled() || (paused ? toStderr(text) : view.say(text)),
    () => changing,
  );
  interrupts.stop.addEventListener('abort', () => {
    if (isCancelled()) cancelled = new Cancelled();
  });
  const isUnread = () => outputLost.aborted && !whole;
  const unread = () => isUnread() && interrupts.cancel();
  outputLost.addEventListener('abort', unread);
  unread();
  const pause = async () => {
    if (!paused) await view.close(true);
    paused = true;
  };
  const prompts = askedWithin(terminalPrompts(), async (ask) => {
    if (cancelled) throw cancelled;
    asking++;
    try {
      await pause();
      return await ask();
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      if (!changing) interrupts.cancel();
      throw cancelled ?? new Failure({ kind: 'interrupted', doing: error.doing, said: 'stopped as asked' });
    } finally {
      asking--;
    }
  });
  const desk: Desk = { pause, prompts };
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
      vouches ? askedAbout(options, desk) : toldOf(options, emit),
      newAuthority,
    );
    const result = await interrupts.within(opened.then((session) => work(session, desk)));
    ok = true;
    journal.end({ result: 'done' });
    return result;
  } catch (thrown) {
    const error = thrown instanceof HeldUp ? thrown : isUnread() ? new OutputLost() : (cancelled ?? thrown);
    const interrupted = isUnread() || exitCodeOf(error) === exitCodes.interrupted;
    journal.end({ result: interrupted ? 'interrupted' : 'failed', failures: problemData(error) });
    throw error;
  } finally {
    outputLost.removeEventListener('abort', unread);
    interrupts.dispose();
    if (!paused) await view.close(ok);
    await journal.close();
  }
}
