import { type Enter, gate } from '../lanes.js';
import type { Secret } from '../secret.js';
import type { Questions } from './questions.js';

/** The part of one sudo that is about its password. */
export interface SudoPassword {
  /** What to answer sudo's prompt with; asked again, the last answer was wrong. Undefined: there is no answer. */
  answer(): Promise<Secret | undefined>;
  /** sudo is over with its questions. Must be called, however it ended. */
  settle(accepted: boolean): void;
}

interface User {
  proven?: Secret;
  readonly alone: Enter;
}

/**
 * The sudo passwords of a run: one per user, asked once for all hosts. Until one host has accepted a password, only one
 * host tries it: a typing error tried on a hundred hosts at once locks a central account.
 */
export function sudoPasswords(questions: Questions): (user: string, host: string) => () => SudoPassword {
  const users = new Map<string, User>();
  return (name, host) => {
    const user = users.get(name) ?? { alone: gate(1) };
    users.set(name, user);
    let mine: Secret | undefined;
    return () => {
      let sent: Secret | undefined;
      let leave: (() => void) | undefined;
      const known = () => [mine, user.proven].find((secret) => secret && secret.reveal() !== sent?.reveal());
      return {
        answer: async () => {
          if (!known()) leave ??= await user.alone();
          sent =
            known() ??
            (await questions.secret(`sudo ${name}`, `sudo password of ${name} on ${host}: `, sent));
          return sent;
        },
        settle: (accepted) => {
          if (accepted && sent) mine = user.proven = sent;
          leave?.();
        },
      };
    };
  };
}
