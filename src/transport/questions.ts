import { lanes } from '../lanes.js';
import type { Secret } from '../secret.js';
import type { Prompts, YesNo } from './connect-options.js';

/** How often the operator may mistype a secret before we give up. */
const attempts = 3;

/** Secrets that the operator has typed in this run, by what they are for. */
export interface Questions {
  /**
   * The secret for `subject`: a remembered one, or a new answer when there is none or `refused` is the remembered one.
   * Undefined when there is nobody to ask, or the operator has had three tries at this question.
   */
  secret(subject: string, question: string, refused?: Secret): Promise<Secret | undefined>;
  /** Shows a line, to which nothing is to be answered, as soon as no question is open. */
  tell(text: string): void;
  /** Whether there is somebody to ask. */
  readonly canAsk: boolean;
  /** Undefined when there is nobody to ask. */
  confirm(question: YesNo): Promise<boolean | undefined>;
}

/** One line to the operator for all hosts: questions queue up, and an answer serves everyone who waits for it. */
export function questions(prompts: Prompts | undefined): Questions {
  const alone = lanes(1);
  const remembered = new Map<string, Secret>();
  const asked = new Map<string, number>();
  return {
    secret: (subject, question, refused) =>
      alone(async () => {
        const known = remembered.get(subject);
        if (known && known.reveal() !== refused?.reveal()) return known;
        const count = asked.get(question) ?? 0;
        if (!prompts || count >= attempts) return undefined;
        asked.set(question, count + 1);
        const answer = await prompts.secret(question);
        remembered.set(subject, answer);
        return answer;
      }),
    tell: (text) => void alone(async () => prompts?.tell?.(text)),
    canAsk: prompts !== undefined,
    confirm: (question) => alone(async () => prompts?.confirm(question)),
  };
}
