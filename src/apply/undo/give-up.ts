import { Failure, Failures } from '../../failure.js';
import type { Step } from '../../plan/step.js';
import { stepsOn } from '../../plan/steps-on.js';
import type { Survey } from '../../survey/survey.js';
import type { Crew } from '../crew.js';
import { isUndoable, type Undone, undoHosts, undoWorker } from './undo.js';

/** Lines of a diff to show: the plan shows all of it. */
const mostLines = 40;

/**
 * Ends a rollout that failed: puts back what can be put back, and completes the failure with the change that led to it
 * and with how each node stands now. Never throws.
 * @param changed nodes that this run had begun to change, in order
 * @param begun the one of them that was not done yet
 * @returns what to throw
 */
export async function giveUp(
  crew: Crew,
  seen: Survey,
  steps: readonly Step[],
  changed: readonly string[],
  begun: string | undefined,
  error: unknown,
): Promise<unknown> {
  if (changed.length === 0 || !isForeseen(error)) return error;
  const undone =
    crew.undoes && isUndoable(error)
      ? await undoHosts(crew, seen, steps, changed)
      : changed.map((host) => left(crew, host, host === begun, error));
  return completed(error, steps, undone, `The cluster is as it was before. ${mend}`);
}

/**
 * Ends the turn of a worker that failed: it goes back alone, since the control planes serve it as it was. Never throws.
 * @returns what to throw
 */
export async function giveUpWorker(
  crew: Crew,
  seen: Survey,
  steps: readonly Step[],
  host: string,
  error: unknown,
): Promise<unknown> {
  if (!isForeseen(error)) return error;
  const undone =
    crew.undoes && isUndoable(error)
      ? await undoWorker(crew, seen, steps, host)
      : left(crew, host, true, error);
  return completed(
    error,
    steps,
    [undone],
    `That worker is as it was before, control planes are done. ${mend} If it is that host alone, change the others meanwhile with \`podstrap up --limit HOST,…\`.`,
  );
}

const mend = 'Read above what the component said, fix the inventory, then run `podstrap up` again.';

const isForeseen = (error: unknown): error is Failure | Failures =>
  error instanceof Failure || error instanceof Failures;

/** The failure with the change that led to it and with how each node stands. @param mended what to do when all are as before */
function completed(
  error: Failure | Failures,
  steps: readonly Step[],
  undone: readonly Undone[],
  mended: string,
): Failure | Failures {
  const all = undone.every(({ state }) => state === 'before');
  const complete = (failure: Failure): Failure => {
    const { host } = failure.where;
    const isChanged = undone.some((one) => one.host === host);
    const change = host !== undefined && isChanged ? diffsOf(steps, host) : '';
    const stands = `-- how the nodes stand now\n${undone.map(({ host, said }) => `${host}: ${said}`).join('\n')}`;
    return failure.saying(
      [change, stands].filter((part) => part !== '').join('\n'),
      all ? mended : undefined,
    );
  };
  return error instanceof Failures ? new Failures(error.failures.map(complete)) : complete(error);
}

/** How a node stands that nobody put back. */
function left({ undoes }: Crew, host: string, begun: boolean, error: Failure | Failures): Undone {
  if (!undoes && isUndoable(error))
    return {
      host,
      state: 'kept',
      said: begun ? 'left as it is, because of --no-rollback' : 'changed, and was healthy; left so',
    };
  return {
    host,
    state: 'kept',
    said: begun
      ? 'its change was begun; `podstrap up` continues from there'
      : 'changed and healthy; it stays so',
  };
}

/** The text that was changed on the host that failed. */
function diffsOf(steps: readonly Step[], host: string): string {
  const lines = stepsOn(steps, host).flatMap(({ diff }) => diff?.trimEnd().split('\n') ?? []);
  if (lines.length === 0) return '';
  const more = lines.length > mostLines ? [`… and ${lines.length - mostLines} more lines`] : [];
  return ['-- what was changed', ...lines.slice(0, mostLines), ...more].join('\n');
}
