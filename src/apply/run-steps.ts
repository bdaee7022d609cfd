import { pack } from 'tar-stream';
import { Failure } from '../failure.js';
import { describeStep, type Step } from '../plan/step.js';
import { reveal, type Secret } from '../secret.js';
import type { Transport } from '../transport/transport.js';
import { lastLines, lockLost } from './lock/run-fenced.js';
import { progressOf, reportedOwner } from './reports.js';
import { lockLostCode } from './scripts/fence.js';
import { hostScript, type ScriptContext } from './scripts/host-script.js';

/** Milliseconds for the steps of a host: units start, a switch that is under way may have to end, and disks are slow. */
const limitMs = 600_000;

/** Contents of files by hex SHA-256. */
export type Contents = ReadonlyMap<string, string | Secret>;

/**
 * Takes steps on one host: one exec, the script as its argument and the files as a tar on its standard input.
 * @param onDone called with each step when the host has reported it
 * @throws Failure `apply` naming the step that failed, `locked` when another run holds the host, `connection-lost`,
 * `unsound` for a report that makes no sense
 */
export async function runSteps(
  transport: Transport,
  steps: readonly Step[],
  contents: Contents,
  context: ScriptContext,
  onDone: (step: Step) => void,
  signal?: AbortSignal,
): Promise<void> {
  if (steps.length === 0) return;
  const { script, contents: digests } = hostScript(steps, context);
  const progress = progressOf(steps, onDone);
  const { code, stdout, stderr } = await transport.exec({
    script,
    stdin: payload(digests, contents),
    onLine: progress.take,
    timeoutMs: limitMs,
    ...(signal ? { signal } : {}),
  });
  const owner = reportedOwner(stdout);
  if (code === lockLostCode && owner !== undefined) throw lockLost(transport.host, owner);
  const ended = code === 0 && /^@end$/m.test(stdout);
  const failed = progress.judge(transport.host, ended);
  if (!ended) throw stepFailed(transport.host, failed, code, stderr);
}

function stepFailed(host: string, step: Step | undefined, code: number, stderr: string): Failure {
  return new Failure({
    kind: 'apply',
    doing: step ? `Trying to ${describeStep(step)}` : 'Preparing the host for its changes',
    where: { host, ...(step ? { phase: step.phase } : {}) },
    said: `exit code ${code}${stderr.trim() === '' ? '' : `: ${lastLines(stderr, 6)}`}`,
    next: /No space left on device/.test(stderr)
      ? 'Free some space on that file system, then run `podstrap up` again: it continues where this run stopped.'
      : 'Fix the cause on the host, then run `podstrap up` again: it continues where this run stopped.',
  });
}

async function* payload(digests: readonly string[], contents: Contents): AsyncIterable<Uint8Array> {
  if (digests.length === 0) return;
  const tar = pack();
  for (const digest of digests) {
    const content = contents.get(digest);
    if (content === undefined) throw new Error(`no content for digest ${digest}`);
    tar.entry({ name: digest, mode: 0o600 }, reveal(content));
  }
  tar.finalize();
  yield* tar as AsyncIterable<Uint8Array>;
}
