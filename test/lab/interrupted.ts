import { setTimeout as pause } from 'node:timers/promises';
import type { Ended } from './command.js';
import type { Lab } from './hosts.js';
import type { Operator } from './operator.js';
import { until } from './until.js';

/** Runs `up` and sends SIGKILL after some seconds, whatever it does then. Returns the last line that it printed. */
export async function upKilledAfter(operator: Operator, seconds: number): Promise<string> {
  const { ended, last } = begin(
    operator,
    (kill) => void pause(seconds * 1000, undefined, { ref: false }).then(kill),
  );
  await ended;
  return last();
}

/** Runs `up` and cuts a host's power after some seconds. Returns the last line printed before, when `up` has ended. */
export async function upWithPowerCut(
  lab: Lab,
  operator: Operator,
  host: string,
  seconds: number,
): Promise<string> {
  const { ended, last } = begin(operator, () => undefined);
  await pause(seconds * 1000);
  const said = last();
  await lab.powerCut(host);
  await ended;
  return said;
}

/**
 * Runs `up` and cuts a host's power as soon as a command there succeeds, which must be before `up` has ended: a slow
 * machine is hit at the same point as a fast one. Returns when `up` has ended.
 */
export async function powerCutWhen(
  lab: Lab,
  operator: Operator,
  host: string,
  command: string,
): Promise<void> {
  const { ended } = begin(operator, () => undefined);
  let over: Ended | undefined;
  const run = ended.then((how) => {
    over = how;
  });
  const look = async () => {
    if (over) return true;
    return (await lab.exec(host, command)).code === 0;
  };
  await until(`${host} says yes to: ${command}`, look, 3_600);
  if (over) throw new Error(`up ended before: ${over.code}\n${over.stdout}\n${over.stderr}`);
  await lab.powerCut(host);
  await run;
}

function begin(operator: Operator, started: (kill: () => void) => void) {
  let last = '(none)';
  const ended = operator.podstrap(['up', '--yes', '--accept-new-host-keys'], {
    onOutput: (text) => {
      last = text.trim().split('\n').at(-1) || last;
    },
    onStart: (child) => started(() => child.kill('SIGKILL')),
  });
  return { ended, last: () => last };
}
