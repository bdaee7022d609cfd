import type { TerminalPrompts } from './prompts.js';

/** The operator's terminal, as a command sees it that is under way. */
export interface Desk {
  /** Ends the live view, so that there can be other text. */
  pause(): Promise<void>;
  /** Undefined where there is nobody to ask. */
  readonly prompts: TerminalPrompts | undefined;
}
