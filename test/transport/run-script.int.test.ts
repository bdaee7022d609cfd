import { spawn } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import { Secret } from '../../src/secret.js';
import type { RunningProcess } from '../../src/transport/process.js';
import { questions } from '../../src/transport/questions.js';
import { type Runner, runScript } from '../../src/transport/run-script.js';
import { sudoPasswords } from '../../src/transport/sudo-passwords.js';
import { failureOf } from './contract.js';
import { installSudo } from './fake-sudo.js';

const clean: (() => unknown)[] = [];
afterEach(() => {
  for (const each of clean.splice(0).reverse()) each();
});

/** A host of which only its sudo counts, and questions of that are noticed at once. */
function hostWithSudo(password: string, also: string): Runner {
  const sudo = installSudo(password, also);
  clean.push(sudo.remove);
  const start = async (argv: readonly string[]): Promise<RunningProcess> => {
    const child = spawn(argv[0]!, argv.slice(1), { env: sudo.environment });
    const ended = new Promise<{ code: number }>((resolve) =>
      child.on('close', (code) => resolve({ code: code ?? 1 })),
    );
    return { ...child, ended, release: () => void child.kill() } as RunningProcess;
  };
  const asked = questions({ secret: async () => new Secret(password), confirm: async () => true });
  const host = 'cp-1';
  return {
    host,
    user: 'ops',
    become: 'sudo',
    start,
    password: sudoPasswords(asked)('ops', host),
    quietMs: 1,
  };
}

test('a sudo that wants a code beside the password is no silence: its question is told', async () => {
  const runner = hostWithSudo('right', '\nTwo-factor authentication is on.\nVerification code: ');
  const failure = await failureOf(runScript(runner, { script: 'echo never' }));
  expect(failure.kind).toBe('privilege');
  expect(failure.where.host).toBe('cp-1');
  expect(failure.said).toContain('Two-factor authentication is on.\nVerification code:');
  expect(failure.next).toContain('NOPASSWD');
  expect(`${failure.message}${failure.next}`).not.toMatch(/right|podstrap-password/);
});

test('what was said before a script began is told when that takes too long', async () => {
  const runner = hostWithSudo('right', '\nPush sent to your phone.\n');
  const failure = await failureOf(runScript(runner, { script: 'echo never', timeoutMs: 1500 }));
  expect(failure.kind).toBe('connection-lost');
  expect(failure.said).toContain('before the script began the host said: ');
  expect(failure.said).toContain('Push sent to your phone.');
});
