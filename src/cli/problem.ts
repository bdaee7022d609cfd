import { Failure, Failures } from '../failure.js';
import type { EventContent } from './answer.js';
import { Cancelled } from './ask/cancelled.js';
import { sharedProblems } from './shared-problems.js';
import { type Dress, dressed } from './terminal.js';
import { folded, inLine } from './view/foreign.js';

/** What was thrown, as text for people: what we were doing, where, what the machine said, what to type next. */
export function describeProblem(error: unknown, dress: Dress): string {
  if (error instanceof Failures)
    return sharedProblems(error.failures)
      .map(({ failure, hosts }) => describeFailure(failure, hosts, dress))
      .join('\n\n');
  if (error instanceof Cancelled) return error.said!;
  if (!(error instanceof Failure)) return describeDefect(error, dress);
  return describeFailure(error, error.where.host === undefined ? [] : [error.where.host], dress);
}

function describeFailure(error: Failure, hosts: readonly string[], dress: Dress): string {
  const { phase, step } = error.where;
  const where = [hosts.join(', '), phase, step]
    .filter((part) => part !== undefined && part !== '')
    .join(' · ');
  const lines = [
    `${dressed(dress, ['red', 'bold'], '✖')} ${where === '' ? '' : `${dressed(dress, 'bold', inLine(where))}: `}${inLine(error.doing)}`,
  ];
  if (error.said !== undefined) lines.push(indent(error.said));
  if (error.next !== undefined) lines.push(indent(`${dressed(dress, 'cyan', '→')} ${error.next}`));
  return lines.join('\n');
}

const indent = (text: string): string => `  ${folded(text, '  ')}`;

function describeDefect(error: unknown, dress: Dress): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${dressed(dress, ['red', 'bold'], '✖')} This is a defect of podstrap:\n${indent(text)}`;
}

export type ToldFailures = Extract<EventContent, { readonly event: 'failed' }>['failures'];

/** The same as data, for `-o json`. */
export function problemData(error: unknown): ToldFailures {
  if (error instanceof Failures) return error.failures.flatMap(problemData);
  if (error instanceof Failure) {
    const { kind, doing, where, said, next } = error;
    return [{ kind, doing, where, said, next }];
  }
  return [{ kind: 'internal', doing: 'Running podstrap', said: String(error) }];
}
