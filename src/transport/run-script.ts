import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import { Failure, LimitExceeded } from '../failure.js';
import { afterMarker } from './after-marker.js';
import { feed } from './feed.js';
import { type Become, type Launch, type LaunchNames, launch } from './launch.js';
import { atMost, head, lastLines, lines, type Sink, tail } from './output.js';
import { type Patience, patience } from './patience.js';
import type { Ended, RunningProcess, StartProcess } from './process.js';
import { OtherQuestion, sudoConversation } from './sudo-conversation.js';
import type { SudoPassword } from './sudo-passwords.js';
import type { Exec, ExecResult } from './transport.js';

const mebi = 1024 * 1024;

/** Bytes that a script may write before it is taken for one that never ends, and how many of its last words are kept. */
const most = { stdout: 16 * mebi, stderr: 16 * mebi, lastWords: 256 * 1024 };

/** Milliseconds for a script that names no time of its own, from the last byte on that it was sent. */
const mostTime = 30 * 60_000;
const doing = 'running a script';

/** Who runs scripts on a host, and how they become root. */
export interface Runner {
  readonly host: string;
  readonly user: string;
  readonly become: Become;
  readonly start: StartProcess;
  readonly password: () => SudoPassword;
  /** Milliseconds after which a question of sudo's that is not for the password counts as one. Default: 10 s. */
  readonly quietMs?: number;
}

/** Runs a script to its end; see Transport.exec. */
export async function runScript(runner: Runner, request: Exec): Promise<ExecResult> {
  const nonce = randomBytes(8).toString('hex');
  const names = { marker: `podstrap-begin-${nonce}`, prompt: `podstrap-password-${nonce}:` };
  const launched = launch(request.script, request.stdin !== undefined, runner.become, names);
  const wait = patience(runner.host, doing, { timeoutMs: mostTime, ...given(request) });
  const password = runner.password();
  try {
    await wait.during(Promise.resolve());
    const process = await wait.during(runner.start(launched.argv), (late) => late.release());
    const running = watch(runner, process, launched, names, request, password, wait);
    try {
      const code = exitCode(await wait.during(Promise.race([process.ended, running.spoiled, running.stuck])));
      if (running.began()) return { code, ...running.output() };
      throw neverBegan(runner, code, running.said(), running.sudo());
    } catch (error) {
      process.release();
      if (error instanceof OtherQuestion) throw asksOtherwise(runner, running.said());
      if (error instanceof Failure && error.kind === 'connection-lost' && !running.began())
        throw sayingWhat(error, running.said());
      throw error;
    } finally {
      running.end();
    }
  } finally {
    password.settle(false);
    wait.end();
  }
}

/** Connects a started process with its input and with those who want its output. */
function watch(
  { host, quietMs }: Runner,
  process: RunningProcess,
  launched: Launch,
  names: LaunchNames,
  { stdin, onLine, timeoutMs }: Exec,
  password: SudoPassword,
  wait: Patience,
) {
  const [out, err] = [head(most.stdout), tail(most.lastWords)];
  const perLine = lines(onLine ?? (() => undefined));
  const over = new AbortController();
  let spoil: (error: unknown) => void;
  const spoiled = new Promise<never>((_, reject) => {
    spoil = reject;
  });
  spoiled.catch(() => undefined);
  // What is still under way is no sign of a script that hangs; what the script says may be.
  const onSent = timeoutMs === undefined ? wait.again : () => undefined;
  const sendInput = () =>
    void feed(process.stdin, launched.head, stdin, over.signal, onSent).catch((error) => spoil(error));
  const limited = (limit: number, name: string, sink: Sink): Sink =>
    atMost(limit, sink, () => spoil(tooMuch(host, `${name}, more than ${limit / mebi} MiB`)));
  const sudo = sudoConversation(process.stdin, names.prompt, password, wait, quietMs);
  const onMore = () => spoil(tooMuch(host, 'text before the script began'));
  const stdout = afterMarker(
    names.marker,
    (bytes) => {
      out.take(bytes);
      if (onLine) perLine.take(bytes);
    },
    { onMore },
  );
  const stderr = afterMarker(names.marker, err.take, {
    onMore,
    onPassed: () => {
      sudo.end();
      password.settle(true);
      if (launched.waits) sendInput();
    },
    ...(launched.waits ? { onBefore: sudo.heard } : {}),
  });
  process.stdout.on('data', limited(most.stdout, 'output', stdout.take));
  process.stderr.on('data', limited(most.stderr, 'error output', stderr.take));
  if (!launched.waits) sendInput();
  return {
    spoiled,
    stuck: sudo.stuck,
    began: () => stdout.passed() && stderr.passed(),
    sudo: sudo.outcome,
    said: () => `${stderr.before().replaceAll(names.prompt, '')}\n${stdout.before()}`,
    output: () => {
      perLine.end();
      return { stdout: out.text(), stderr: err.text() };
    },
    end: () => {
      over.abort();
      sudo.end();
    },
  };
}

/** A time of the caller's own counts, none does not. */
const given = ({ timeoutMs, signal }: Exec) => ({
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
  signal,
});

const tooMuch = (host: string, what: string): LimitExceeded =>
  new LimitExceeded({
    kind: 'connection-lost',
    doing,
    where: { host },
    said: `too much ${what}: it is not read any further`,
    next: 'Look at the host: a shell profile, a full table of processes or whoever got in may write so much. Then run the same command again.',
  });

/** As a shell gives it: 128 + n for signal n. @throws Failure `connection-lost` */
function exitCode(ended: Ended): number {
  if ('lost' in ended) throw ended.lost;
  if ('code' in ended) return ended.code;
  const signals: Readonly<Record<string, number>> = constants.signals;
  return 128 + (signals[ended.signal] ?? 0);
}

type SudoOutcome = 'not asked' | 'no answer' | 'answered';

/** What came before the script began, which would explain why it did not. */
function sayingWhat(failure: Failure, said: string): Failure {
  const words = lastLines(said, 5);
  return words === '' ? failure : failure.saying(`before the script began the host said: ${words}`);
}

const asksOtherwise = ({ host, user }: Runner, said: string): Failure =>
  new Failure({
    kind: 'privilege',
    doing: `becoming root with sudo as ${user}`,
    where: { host },
    said: `it asks for something else than a password: ${lastLines(said, 5)}`,
    next: `let ${user} use sudo on this host with a password alone, or with nothing (NOPASSWD), or set ssh.user to root`,
  });

function neverBegan({ host, user, become }: Runner, code: number, said: string, sudo: SudoOutcome): Failure {
  const words = lastLines(said, 5);
  return new Failure({
    kind: 'privilege',
    doing: become === 'sudo' ? `becoming root with sudo as ${user}` : `starting a shell as ${user}`,
    where: { host },
    said: `${words === '' ? 'nothing was said' : words} (exit code ${code})`,
    next:
      become === 'sudo' ? adviceForSudo(user, sudo) : `see that \`ssh ${user}@… true\` works on this host`,
  });
}

function adviceForSudo(user: string, sudo: SudoOutcome): string {
  if (sudo === 'answered')
    return `see that ${user} may use sudo on this host, and run again with the right password`;
  if (sudo === 'no answer')
    return `sudo wants a password: run podstrap in a terminal, which asks for it once, or let ${user} use sudo without one (NOPASSWD)`;
  return `let ${user} run everything with sudo on this host, without a terminal (\`Defaults:${user} !requiretty\`), or set ssh.user to root`;
}
