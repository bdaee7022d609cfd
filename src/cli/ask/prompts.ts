import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Failure } from '../../failure.js';
import { Secret } from '../../secret.js';
import type { Prompts } from '../../transport/connect-options.js';
import { printError } from '../terminal.js';
import { folded } from '../view/foreign.js';

/** Questions on the terminal; undefined where there is none to ask on. */
export function terminalPrompts(): Prompts | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return {
    secret: async (question) => new Secret(await ask(question, true)),
    confirm: async (question) => /^y(es)?$/i.test((await ask(`${question} [y/N] `, false)).trim()),
  };
}

/** The same questions, each asked within `around`: a live view must not draw over them. */
export const askedWithin = (
  prompts: Prompts | undefined,
  around: <T>(ask: () => Promise<T>) => Promise<T>,
): Prompts | undefined =>
  prompts && {
    secret: (question) => around(() => prompts.secret(question)),
    confirm: (question) => around(() => prompts.confirm(question)),
  };

async function ask(question: string, hidden: boolean): Promise<string> {
  printError(folded(question));
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: process.stdin,
    output: hidden ? silent : process.stderr,
    terminal: true,
  });
  try {
    return await Promise.race([lines.question(''), interrupted(lines)]);
  } finally {
    lines.close();
    if (hidden) printError('\n');
  }
}

/**
 * On a terminal that is read key by key, Ctrl-C is a key: it is passed on to whoever listens for the signal, and the
 * question is not waited for any longer. Ctrl-D is no answer either.
 */
const interrupted = (lines: Interface): Promise<never> =>
  new Promise((_, reject) => {
    const stop = () =>
      reject(new Failure({ kind: 'interrupted', doing: 'Asking a question', said: 'stopped as asked' }));
    lines.once('close', stop);
    lines.once('SIGINT', () => {
      process.kill(process.pid, 'SIGINT');
      stop();
    });
  });
