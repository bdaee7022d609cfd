import { Failure } from '../../failure.js';
import { describeProblem, type Problem } from './problem.js';

/** The inventory cannot be used; `problems` holds all that is wrong with it, and its warnings, in the file's order. */
export class InvalidInventory extends Failure {
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    super({
      kind: 'inventory',
      doing: `Reading ${file}`,
      said: [`${errors} problem${errors === 1 ? '' : 's'}`, ...problems.map(line)].join('\n'),
      next: `correct ${file} and run the command again; \`podstrap explain FIELD\` describes a field`,
    });
    this.problems = problems;
  }
}

const line = (problem: Problem): string =>
  problem.severity === 'warning' ? `${describeProblem(problem)} (warning)` : describeProblem(problem);
