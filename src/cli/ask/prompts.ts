import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { Secret } from '../../secret.js';
import type { Prompts, YesNo } from '../../transport/connect-options.js';
import { endSignals } from '../end-signals.js';
import { printError } from '../terminal.js';
import { inLine } from '../view/foreign.js';
import { Cancelled } from './cancelled.js';

/** Questions to whoever sits at the terminal. Ctrl-C and Ctrl-D are no answer: each of them throws Cancelled then. */
export interface TerminalPrompts extends Prompts {
  /** Asks until the answer is this word; an empty one is a no. */
  typed(question: YesNo, word: string): Promise<boolean>;
  tell(text: string): Promise<void>;
}

/** Questions on the terminal; undefined where there is none to ask on. */
export function terminalPrompts(): TerminalPrompts | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return {
    secret: async (question) => new Secret(await ask(inLine(question), { hidden: true })),
    confirm: async ({ about, question }) => {
      tell(about);
      for (;;) {
        const answer = (await ask(`${inLine(question)} [y/N] `)).trim();
        if (/^y(es)?$/i.test(answer)) return true;
        if (/^(no?)?$/i.test(answer)) return false;
        printError('Please answer yes or no.\n');
      }
    },
    tell: async (text) => tell([text]),
    typed: async ({ about, question }, word) => {
      tell(about);
      for (;;) {
        const answer = (await ask(`${inLine(question)}: `)).trim();
        if (answer === word) return true;
        if (answer === '') return false;
        printError(`That is not ${word}. Enter alone cancels.\n`);
      }
    },
  };
}

const tell = (lines: readonly string[]): void => {
  for (const line of lines) printError(`${inLine(line)}\n`);
};

/** The same questions, each asked within `around`: a live view must not draw over them. */
export const askedWithin = (
  prompts: TerminalPrompts | undefined,
  around: <T>(ask: () => Promise<T>) => Promise<T>,
): TerminalPrompts | undefined =>
  prompts && {
    secret: (question) => around(() => prompts.secret(question)),
    confirm: (question) => around(() => prompts.confirm(question)),
    typed: (question, word) => around(() => prompts.typed(question, word)),
    tell: (text) => around(() => prompts.tell(text)),
  };

/**
 * A line from the terminal. What is typed is shown, edited and ended by the terminal itself: whoever draws that again draws
 * over the question. Only what must not be seen is read key by key.
 * @throws Cancelled
 */
async function ask(question: string, { hidden = false } = {}): Promise<string> {
  printError(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: hidden });
  let answered = false;
  try {
    const answer = await answerOf(lines);
    answered = true;
    return answer;
  } finally {
    lines.close();
    // Enter was shown where the rest was.
    if (hidden || !answered) printError('\n');
  }
}

function answerOf(lines: Interface): Promise<string> {
  let stop = (): void => undefined;
  const answer = new Promise<string>((resolve, reject) => {
    stop = () => reject(new Cancelled());
    lines.once('line', resolve);
    lines.once('close', stop);
    // The terminal is gone.
    process.stdin.once('error', stop);
    // To who reads key by key, Ctrl-C is a key; whoever listens for the signal wants to know of it.
    lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    for (const signal of endSignals) process.on(signal, stop);
  });
  return answer.finally(() => {
    process.stdin.off('error', stop);
    for (const signal of endSignals) process.off(signal, stop);
  });
}
