import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Failure } from '../failure.js';
import { endSignals } from './end-signals.js';

/**
 * Runs a program of the user's on our terminal until it ends. On a terminal Ctrl-C reaches it by itself; what is sent to
 * podstrap alone is passed on.
 * @returns its exit code; 128 + n when signal n ended it
 * @throws Failure `preflight` when there is no such program
 */
export function runProgram(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...environment } });
    const passOn = (signal: NodeJS.Signals) => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    for (const signal of endSignals) process.on(signal, passOn);
    const end = () => {
      for (const signal of endSignals) process.off(signal, passOn);
    };
    child.once('error', (cause) => {
      end();
      reject(
        new Failure({
          kind: 'preflight',
          doing: `Starting ${file}`,
          said: cause.message,
          next: `Install ${file} on this machine so that it is found in PATH; or use the one on a control plane: sudo ${file} --kubeconfig /etc/kubernetes/admin.conf`,
          cause,
        }),
      );
    });
    child.once('close', (code, signal) => {
      end();
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']);
    });
  });
}
