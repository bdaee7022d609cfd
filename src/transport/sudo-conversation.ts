import type { Writable } from 'node:stream';
import type { Patience } from './patience.js';
import type { SudoPassword } from './sudo-passwords.js';

/** Answers sudo's prompts, and nothing else. */
export interface SudoConversation {
  /** To be told all that sudo has said so far. */
  heard(text: string): void;
  /** How the conversation went, for messages. */
  outcome(): 'not asked' | 'no answer' | 'answered';
  /** Never resolves; rejects with `OtherQuestion` when sudo waits for an answer to something else. */
  readonly stuck: Promise<never>;
  /** sudo is over. Must be called, however it ended. */
  end(): void;
}

/** sudo asks what we do not know, such as a one-time code. */
export class OtherQuestion extends Error {}

/** A line that has not ended for this long, and is not our prompt, is a question of sudo's. Milliseconds. */
const quiet = 10_000;

/**
 * Writes the password to sudo when its prompt appears, once per prompt. The prompt is a nonce, so that no other
 * program's output can lure the password out. Whatever else PAM asks for on that way nobody will answer.
 */
export function sudoConversation(
  to: Writable,
  prompt: string,
  password: SudoPassword,
  wait: Patience,
  quietMs = quiet,
): SudoConversation {
  let answered = 0;
  let busy = false;
  let outcome: ReturnType<SudoConversation['outcome']> = 'not asked';
  let latest = '';
  let timer: NodeJS.Timeout | undefined;
  let giveUp: (error: OtherQuestion) => void;
  const stuck = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  stuck.catch(() => undefined);
  const listen = (): void => {
    clearTimeout(timer);
    const question = latest.slice(latest.lastIndexOf('\n') + 1);
    if (busy || question.trim() === '' || question.endsWith(prompt)) return;
    timer = setTimeout(() => giveUp(new OtherQuestion()), quietMs);
  };
  const reply = async (): Promise<void> => {
    busy = true;
    const secret = await wait.whileAsking(password.answer()).catch(() => undefined);
    answered += 1;
    outcome = secret ? 'answered' : 'no answer';
    if (secret) to.write(`${secret.reveal()}\n`);
    else to.end();
    busy = false;
    if (secret) react();
    listen();
  };
  const react = (): void => {
    if (!busy && latest.split(prompt).length - 1 > answered) void reply();
  };
  return {
    outcome: () => outcome,
    stuck,
    heard: (text) => {
      latest = text;
      react();
      listen();
    },
    end: () => clearTimeout(timer),
  };
}
