import type { Secret } from '../secret.js';

/** Questions to the operator. Asked one at a time, however many hosts want to know. */
export interface Prompts {
  /** Shows `question` as it is and reads an answer without echo. */
  secret(question: string): Promise<Secret>;
  /** Shows what there is to know and the question below it; waits until the answer is a yes or a no. */
  confirm(question: YesNo): Promise<boolean>;
  /** Shows a line to which nothing is to be answered, such as that a security key waits to be touched. */
  tell?(text: string): Promise<void>;
}

/** A question that is answered with yes or no. */
export interface YesNo {
  /** What to know for the answer, one a line. */
  readonly about: readonly string[];
  /** The question itself, which says what yes does. */
  readonly question: string;
}

/** What connecting needs to know beyond the inventory. */
export interface ConnectOptions {
  /** The cluster's own file of host keys, `.podstrap/<cluster>/known_hosts`. Newly trusted keys go there. */
  readonly knownHostsFile: string;
  /** The operator's home directory, where ~ points to. */
  readonly home: string;
  /** The operator's environment: SSH_AUTH_SOCK, USER, and for local hosts PATH and PODSTRAP_ROOT. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Trust the keys of hosts that are not known yet, without asking. A changed key is refused all the same. */
  readonly acceptNewHostKeys: boolean;
  /** Absent when there is no terminal to ask on. */
  readonly prompts?: Prompts;
  readonly signal?: AbortSignal;
}
