import type { Writable } from 'node:stream';
import type { Patience } from './patience.js';
import type { SudoPassword } from './sudo-passwords.js';

/** Answers sudo's prompts, and nothing else. */
export interface SudoConversation {
  /** To be told all that sudo has said so far. */
  heard(text: string): void;
  /** How the conversation went, for messages. */
  outcome(): 'not asked' | 'no answer' | 'answered';
}

/**
 * Writes the password to sudo when its prompt appears, once per prompt. The prompt is a nonce, so that no other
 * program's output can lure the password out.
 */
export function sudoConversation(
  to: Writable,
  prompt: string,
  password: SudoPassword,
  wait: Patience,
): SudoConversation {
  let answered = 0;
  let busy = false;
  let outcome: ReturnType<SudoConversation['outcome']> = 'not asked';
  let latest = '';
  const reply = async (): Promise<void> => {
    busy = true;
    const secret = await wait.whileAsking(password.answer()).catch(() => undefined);
    answered += 1;
    outcome = secret ? 'answered' : 'no answer';
    if (secret) to.write(`${secret.reveal()}\n`);
    else to.end();
    busy = false;
    if (secret) react();
  };
  const react = (): void => {
    if (!busy && latest.split(prompt).length - 1 > answered) void reply();
  };
  return {
    outcome: () => outcome,
    heard: (text) => {
      latest = text;
      react();
    },
  };
}
