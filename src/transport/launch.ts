import { Failure } from '../failure.js';
import { setSearchPath } from '../host/search-path.js';

/** How a script gets root: `sudo` for ordinary users, `none` for root and for practice hosts. */
export type Become = 'none' | 'sudo';

/** Words and bytes that make a shell on a host run one script. */
export interface Launch {
  /** Safe to join with spaces for any login shell once each word is quoted; never holds a script or a secret. */
  readonly argv: readonly string[];
  /** What goes to standard input first. */
  readonly head: Buffer;
  /** Whether `head` must wait for the marker: before it, standard input belongs to sudo. */
  readonly waits: boolean;
}

/**
 * Separates what login shells, sudo and PAM print from what the script prints: everything up to and including the line
 * `marker`, on both streams, is not the script's.
 */
export interface LaunchNames {
  readonly marker: string;
  /** What sudo asks for the password with. */
  readonly prompt: string;
}

/** Bytes of a script that travels ahead of other input: the shell reads it byte by byte, so it must not be long. */
const longest = 100 * 1024;

const setting = `R=$PODSTRAP_ROOT; export R; LC_ALL=C; export LC_ALL; umask 077; ${setSearchPath}`;

/**
 * Scripts are only run whole: a shell that reads commands from a pipe would run the first half of a script whose second
 * half was lost with the connection, so a script is one compound command. One without input of its own is read by the
 * shell from standard input, and finds nothing there itself; one with input comes ahead of it, as one line.
 *
 * @throws Failure `internal` when a script with input is longer than 100 KiB
 */
export function launch(script: string, withInput: boolean, become: Become, names: LaunchNames): Launch {
  const announce = `echo ${names.marker}; echo ${names.marker} >&2`;
  const whole = `{ ${setting}\n${script}\n}${withInput ? '' : ' </dev/null'}\n`;
  const text = become === 'sudo' ? whole : `${announce}\n${whole}`;
  const head = withInput ? asLine(text) : Buffer.from(text);
  const shell = withInput ? readAndEvaluate : 'exec sh -s';
  if (become === 'sudo')
    return {
      argv: ['sudo', '-S', '-p', names.prompt, '--', 'sh', '-c', `${announce}; ${shell}`],
      head,
      waits: true,
    };
  return { argv: withInput ? ['sh', '-c', shell] : ['sh', '-s'], head, waits: false };
}

const readAndEvaluate = 'IFS= read -r s || exit 1; eval "$(printf %b "$s")"';

function asLine(script: string): Buffer {
  if (Buffer.byteLength(script) > longest)
    throw new Failure({
      kind: 'internal',
      doing: 'preparing a script that has input of its own',
      said: `${Buffer.byteLength(script)} bytes are more than the ${longest} that fit`,
    });
  return Buffer.from(`${escaped(Buffer.from(script))}\n`);
}

/** For printf's %b. All but plain ASCII is escaped: dash's read has trouble with some bytes above 127. */
function escaped(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes)
    if (byte === 0x5c) text += '\\\\';
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\0${byte.toString(8).padStart(3, '0')}`;
  return text;
}
