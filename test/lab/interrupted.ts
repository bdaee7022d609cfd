import { setTimeout as pause } from 'node:timers/promises';
import type { Lab } from './hosts.js';
import type { Operator } from './operator.js';

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
