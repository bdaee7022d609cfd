import { close as closeFile, constants, open as openFile, write } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../../failure.js';
import { lines } from '../output.js';
import { runProgram } from './program.js';

/** Answers one question of a login: lines, or undefined for a refusal. */
export type Answer = (words: readonly string[]) => Promise<readonly string[] | undefined>;

/** What one login has at the desk. */
export interface Seat {
  readonly name: string;
  /** Where its master listens. */
  readonly controlPath: string;
  /** Takes no questions any more: the login is over. */
  hush(): Promise<void>;
  leave(): Promise<void>;
}

/** A private folder for the sockets of masters, in which the programs that ssh runs for us ask us their questions. */
export interface Desk {
  /** To be run by sh as ssh's KnownHostsCommand, with the seat and ssh's %I %t %K. */
  readonly known: string;
  /** What SSH_ASKPASS names. The seat is in the variable PODSTRAP_SEAT. */
  readonly askPass: string;
  /** To be run by sh: joins its standard streams, by the master at a socket, with a host and port. */
  readonly through: string;
  /** @param known lines of known_hosts by which ssh chooses the types of keys that it asks for */
  seat(answer: Answer, known: string): Promise<Seat>;
}

/**
 * What a path of a socket may have, with its final NUL: 108 bytes on Linux, 104 elsewhere. ssh makes the socket under the
 * path with a dot and 16 letters behind it, and moves it.
 */
const longestPath = (process.platform === 'linux' ? 108 : 104) - 1 - 17;

/**
 * Asks us, and prints what we answer. The question is a file, since more than 4 KiB do not go into a pipe in one piece; the
 * answer comes by a pipe with a name, so that no secret is ever in a file. We hold its other end: the answer ends when we do,
 * and nobody waits for a podstrap that has been killed.
 */
const askScript = (pid: number): string => `umask 077
d=\${0%/*}
q=$1.$$
kill -0 ${pid} && exec 3<"$d/$1.answer" || exit 1
printf '%s\\n' "$@" >"$d/$q" && echo "$q" 1<>"$d/questions" || exit 1
[ "$2" != secret-none ] || exit 0
while IFS= read -r line <&3; do
  case $line in
    =*) printf '%s\\n' "\${line#=}" ;;
    *) exit "$line" ;;
  esac
done
exit 1
`;

const askPassScript = `#!/bin/sh
[ "$PODSTRAP_SEAT" ] || exit 0
exec sh "\${0%/*}/ask" "$PODSTRAP_SEAT" "secret-\${SSH_ASKPASS_PROMPT:-entry}" "$1"
`;

/** Which types of keys to ask for is known beforehand. */
const knownScript = `d=\${0%/*}
[ "$2" != ORDER ] || exec cat "$d/$1.known"
exec sh "$d/ask" "$1" host-key "$3" "$4"
`;

const throughScript = `exec ssh -F none -S "$1" -o ControlMaster=no -o ProxyCommand=false -W "[$2]:$3" podstrap
`;

/** Opens the desk when it is first asked for, and clears it away when the last seat is left. */
export function desks(env: Readonly<Record<string, string | undefined>>): () => Promise<Desk> {
  let current: Promise<OwnDesk> | undefined;
  let seats = 0;
  return async () => {
    current ??= openDesk(env).catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    const desk = current;
    const { seat, close, ...rest } = await desk;
    return {
      ...rest,
      seat: async (answer, known) => {
        seats += 1;
        const rise = async () => {
          seats -= 1;
          if (seats > 0) return;
          if (current === desk) current = undefined;
          await close();
        };
        try {
          const taken = await seat(answer, known);
          return { ...taken, leave: once(() => taken.leave().finally(rise)) };
        } catch (cause) {
          await rise();
          throw noDesk(parentOf(env), cause as Error);
        }
      },
    };
  };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

const parentOf = (env: Readonly<Record<string, string | undefined>>): string => env.TMPDIR || tmpdir();

interface OwnDesk extends Desk {
  close(): Promise<void>;
}

async function openDesk(env: Readonly<Record<string, string | undefined>>): Promise<OwnDesk> {
  const parent = parentOf(env);
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(parent, 'podstrap-'));
    await chmod(folder, 0o700);
    return await furnish(folder, env);
  } catch (cause) {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    throw noDesk(parent, cause as Error);
  }
}

/** @throws Error when the folder is not fit */
async function furnish(folder: string, env: Readonly<Record<string, string | undefined>>): Promise<OwnDesk> {
  const at = (name: string) => join(folder, name);
  const longest = `${folder}/99999`;
  if (Buffer.byteLength(longest) > longestPath)
    throw new Error(`sockets there would have paths of more than the ${longestPath} bytes that ssh can take`);
  await writeFile(at('ask'), askScript(process.pid));
  await writeFile(at('known'), knownScript);
  await writeFile(at('through'), throughScript);
  await writeFile(at('ask-pass'), askPassScript, { mode: 0o700 });
  await makePipe(at('questions'), env);
  // A folder that is mounted noexec would only be noticed by a question that nobody hears.
  await runProgram(at('ask-pass'), [''], { ...env, PODSTRAP_SEAT: '' }).catch((cause: Error) => {
    throw new Error(`programs cannot be run there: ${cause.message}`);
  });
  const seats = new Map<string, SeatTaken>();
  const stop = await listen(at('questions'), (name) => {
    const seat = seats.get(name.split('.')[0]!);
    // Whoever asked may have gone away meanwhile.
    if (seat) reply(at(name), seat).catch(() => undefined);
  });
  let count = 0;
  return {
    close: async () => {
      stop();
      await rm(folder, { recursive: true, force: true });
    },
    known: at('known'),
    askPass: at('ask-pass'),
    through: at('through'),
    seat: async (answer, known) => {
      const name = String(count++);
      const answers = at(`${name}.answer`);
      await writeFile(at(`${name}.known`), known);
      await makePipe(answers, env);
      const pipe = await openPipe(answers);
      seats.set(name, { answer, pipe });
      const hush = async () => {
        if (seats.delete(name)) await promisify(closeFile)(pipe);
      };
      return {
        name,
        controlPath: at(name),
        hush,
        leave: async () => {
          await hush();
          for (const file of [answers, at(`${name}.known`)]) await rm(file, { force: true });
        },
      };
    },
  };
}

interface SeatTaken {
  readonly answer: Answer;
  readonly pipe: number;
}

async function makePipe(path: string, env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const { code, stderr } = await runProgram('mkfifo', ['-m', '600', path], env);
  if (code !== 0) throw new Error(stderr.trim());
}

/** For both directions: it neither waits for the other side nor ends with it. */
const openPipe = (path: string): Promise<number> =>
  promisify(openFile)(path, constants.O_RDWR | constants.O_NONBLOCK);

/** Tells each line that is written into the pipe `path`, without keeping anybody from ending. @returns what ends it */
async function listen(path: string, onLine: (line: string) => void): Promise<() => void> {
  const fd = await openPipe(path);
  const pipe = new Socket({ fd, readable: true, writable: false });
  pipe.on('data', lines(onLine).take);
  pipe.on('error', () => undefined);
  pipe.unref();
  return () => pipe.destroy();
}

/** Answers a question as its seat does. A refusal, too, is an answer: whoever asked waits. */
async function reply(question: string, { answer, pipe }: SeatTaken): Promise<void> {
  const [, ...words] = (await readFile(question, 'utf8')).split('\n').slice(0, -1);
  await rm(question, { force: true });
  const lines = await answer(words).catch(() => undefined);
  if (words[0] === 'secret-none') return;
  const said = lines?.map((line) => `=${line}\n`).join('') ?? '';
  await promisify(write)(pipe, `${said}${lines ? 0 : 1}\n`);
}

const noDesk = (where: string, cause: Error): Failure =>
  new Failure({
    kind: 'usage',
    doing: `making a private folder for the sockets of ssh in ${where}`,
    said: cause.message,
    next: 'set TMPDIR to a folder with a short path, some free space, and from which programs can be run',
    cause,
  });
