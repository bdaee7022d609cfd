import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What Kubernetes is asked about: an object of a kind that is checked, or YAML that is to be read. */
export interface Question {
  readonly kind: 'Pod' | 'Node' | 'KubeletConfiguration' | 'YAML';
  /** The node that a static pod belongs to. */
  readonly node?: string;
  readonly text: string;
}

/** Where the lab put its oracle of a release; undefined where it has none. */
export function findOracle(version: string, env = process.env): string | undefined {
  const lab = env.LAB_HOME ?? join(homedir(), '.cache/podstrap-lab');
  const path = join(lab, `dist/kubernetes-${version}/oracle`);
  return existsSync(path) ? path : undefined;
}

/** Kubernetes' own answers, in the order of the questions. */
export function ask(oracle: string, questions: readonly Question[]): readonly unknown[] {
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join('');
  const answers = execFileSync(oracle, { input, encoding: 'utf8', maxBuffer: 1 << 30 });
  return answers
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}
