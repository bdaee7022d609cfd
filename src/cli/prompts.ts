import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Secret } from '../secret.js';
import type { Prompts } from '../transport/connect-options.js';

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
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: process.stdin,
    output: hidden ? silent : process.stderr,
    terminal: true,
  });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    if (hidden) process.stderr.write('\n');
  }
}
