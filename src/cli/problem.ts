import { Failure, Failures } from '../failure.js';
import type { EventContent } from './answer.js';
import { Cancelled } from './ask/cancelled.js';
import { sharedProblems } from './shared-problems.js';
import { type Dress, dressed, wrapped } from './terminal.js';
import { folded, inLine } from './view/foreign.js';

/**
 * What was thrown, as text for people: what we were doing, where, what the machine said, what to type next.
 * @param width of the terminal; undefined where there is none
 */
export function describeProblem(error: unknown, dress: Dress, width?: number): string {
  const text = textOf(error, dress);
  return width === undefined
    ? text
    : text
        .split('\n')
        .flatMap((line) => withinWidth(line, width))
        .join('\n');
}

/** A line that goes on below is broken between words; a command is whole, so that it can be copied. */
function withinWidth(line: string, width: number): readonly string[] {
  const whole = line.replace(/`[^`]*`/g, (command) => command.replaceAll(' ', unbroken));
  const further = `  ${/^ */.exec(line)![0]}`;
  return wrapped(whole, width, further).map((part) => part.replaceAll(unbroken, ' '));
}

/** Stands for a space that no line ends at. */
const unbroken = '\u00a0';

function textOf(error: unknown, dress: Dress): string {
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
