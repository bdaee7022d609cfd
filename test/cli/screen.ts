import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

/** The shipped program. */
export const bin = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url));

export interface ScreenOptions {
  /** Default: 80. With 0 the program hears of no width, as in a container whose terminal nobody measured; the screen has 80. */
  readonly columns?: number;
  /** Default: 24. */
  readonly rows?: number;
  readonly directory: string;
  /** Besides PATH, HOME (the directory), TERM (xterm-256color) and LC_ALL (C.UTF-8); undefined leaves one of them out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Another program than podstrap, with its first arguments. */
  readonly program?: readonly string[];
}

/** A program in a terminal, as somebody sees it who sits there. */
export interface Screen {
  /** What is on the screen, line by line, without the empty end. */
  lines(): Promise<readonly string[]>;
  /** The same with what has scrolled away, and with lines that the terminal wrapped joined again. */
  all(): Promise<readonly string[]>;
  /** Everything that was written to the terminal, as it was written. Nothing else can be asked afterwards: the terminal is gone. */
  written(): Promise<string>;
  /** Waits until the screen (what has scrolled away included) shows this; the lines that are on the screen then. */
  shows(text: string | RegExp): Promise<readonly string[]>;
  /** Types this text; it ends with Enter unless told otherwise. */
  type(text: string, enter?: boolean): Promise<void>;
  /** Presses a key by tmux's name for it: `C-c`, `C-d`, `Enter`, `BSpace`. */
  press(key: string): Promise<void>;
  /** Where the cursor is, from 0. */
  cursor(): Promise<{ readonly column: number; readonly row: number }>;
  resize(columns: number, rows: number): Promise<void>;
  /** Takes the terminal away, as when its window is closed. */
  hangUp(): Promise<void>;
  /** Waits until the program has ended. @returns its exit code; 128 + n when signal n ended it */
  ended(): Promise<number>;
}

/** Ends a test that would hang; nothing is measured by it. Milliseconds. */
const longest = 120_000;

const settings = [
  'set -g status off',
  'set -g remain-on-exit on',
  'set -g remain-on-exit-format ""',
  'set -g history-limit 20000',
  'set -g default-terminal xterm-256color',
  'set -g escape-time 0',
].join('\n');

/**
 * Starts `podstrap ARGS` in a terminal. It is tmux's, which is a terminal emulator for programs: what tests look at is what
 * a person would see, not what was written. Ends with the test.
 */
export async function screen(args: readonly string[], options: ScreenOptions): Promise<Screen> {
  const { columns = 80, rows = 24, directory, environment = {}, program = [process.execPath, bin] } = options;
  const place = await mkdtemp(join(tmpdir(), 'podstrap-screen-'));
  const fileOf = (name: string) => join(place, name);
  const path = process.env['PATH'] ?? '/usr/bin:/bin';
  const ownEnvironment = { PATH: path, LC_ALL: 'C.UTF-8' };
  const tmux = async (...words: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)('tmux', ['-u', '-S', fileOf('socket'), ...words], {
      cwd: directory,
      env: ownEnvironment,
    });
    return stdout;
  };
  await writeFile(fileOf('settings'), `${settings}\n`);
  const server = spawn('tmux', ['-D', '-u', '-f', fileOf('settings'), '-S', fileOf('socket')], {
    cwd: directory,
    env: ownEnvironment,
    stdio: 'ignore',
  });
  const gone = once(server, 'close');
  onTestFinished(async () => {
    server.kill();
    await gone;
    await rm(place, { recursive: true, force: true, maxRetries: 5 });
  });
  const variables = Object.entries({
    PATH: path,
    HOME: directory,
    TERM: 'xterm-256color',
    LC_ALL: 'C.UTF-8',
    ...environment,
  }).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  // It waits until all that it writes is kept.
  const width = columns === 0 ? 'stty cols 0; ' : '';
  const begin = `mkfifo ${fileOf('go')}; read -r _ <${fileOf('go')}; ${width}exec "$@"`;
  const size = ['-x', String(columns === 0 ? 80 : columns), '-y', String(rows)];
  await until(() => access(fileOf('socket')));
  await tmux(
    ...['new-session', '-d', ...size, 'env', '-i', ...variables, 'sh', '-c', begin, 'sh'],
    ...[...program, ...args],
  );
  await tmux('pipe-pane', '-O', `cat >${fileOf('written')}; mv ${fileOf('written')} ${fileOf('whole')}`);
  await until(() => promisify(execFile)('sh', ['-c', `[ -p ${fileOf('go')} ] && echo >${fileOf('go')}`]));

  const seen = async (...more: readonly string[]) =>
    withoutEnd((await tmux('capture-pane', '-p', ...more)).split('\n'));
  const all = () => seen('-J', '-S', '-');
  const told = async (format: string) => (await tmux('display-message', '-p', format)).trim();
  const asked = async (look: () => Promise<unknown>, what: string): Promise<void> => {
    await until(look).catch(async () => {
      throw new Error(`${what}; the screen is:\n${(await all()).join('\n')}`);
    });
  };
  return {
    lines: () => seen(),
    all,
    written: async () => {
      server.kill();
      await until(() => access(fileOf('whole')));
      return readFile(fileOf('whole'), 'utf8');
    },
    shows: async (text) => {
      await asked(async () => {
        const shown = (await all()).join('\n');
        if (typeof text === 'string' ? !shown.includes(text) : !text.test(shown)) throw new Error('not yet');
      }, `it does not show ${text}`);
      return seen();
    },
    type: async (text, enter = true) => {
      if (text !== '') await tmux('send-keys', '-l', text);
      if (enter) await tmux('send-keys', 'Enter');
    },
    press: async (key) => void (await tmux('send-keys', key)),
    cursor: async () => {
      const [column, row] = (await told('#{cursor_x} #{cursor_y}')).split(' ').map(Number);
      return { column: column!, row: row! };
    },
    resize: async (to, high) => void (await tmux('resize-window', '-x', String(to), '-y', String(high))),
    hangUp: async () => {
      server.kill();
      await gone;
    },
    ended: async () => {
      let [dead, code, signal]: readonly string[] = [];
      await asked(async () => {
        [dead, code, signal] = (await told('#{pane_dead}/#{pane_dead_status}/#{pane_dead_signal}')).split(
          '/',
        );
        // tmux can miss how a process ended; when another one ends it looks after all of them.
        if (dead === '1') await tmux('run-shell', 'true');
        if (dead !== '1' || (code === '' && signal === '')) throw new Error('not yet');
      }, 'it does not end');
      return code === '' ? 128 + signalNumber(signal!) : Number(code);
    },
  };
}

const signalNumber = (name: string): number =>
  /^\d+$/.test(name)
    ? Number(name)
    : (constants.signals[`SIG${name.replace(/^SIG/i, '').toUpperCase()}` as NodeJS.Signals] ?? 0);

const withoutEnd = (lines: readonly string[]): readonly string[] => {
  const last = lines.findLastIndex((line) => line !== '');
  return lines.slice(0, last + 1);
};

/** Looks again until `look` does not throw. @throws what it threw last */
async function until(look: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + longest;
  for (;;) {
    try {
      await look();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}
