import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PracticeSite, startPracticeSite } from '../../src/practice/practice-site.js';
import { type Client, login } from './client.js';

let site: PracticeSite;
let client: Client;
const host = () => site.host('cp-1');
const faults = () => site.faults('cp-1');

beforeEach(async () => {
  site = await startPracticeSite({
    directory: mkdtempSync(join(tmpdir(), 'practice-')),
    hosts: [{ name: 'cp-1' }],
  });
  client = await login(host(), site.identityFile);
});
afterEach(async () => {
  client.close();
  await site.close({ remove: true });
});

const again = async () => {
  client = await login(host(), site.identityFile);
};

describe('a cut connection', () => {
  test('leaves the script running, with its input at an end', async () => {
    const answer = client.run(
      'mkfifo "$R/tmp/go"; : >"$R/tmp/begun"; read -r x <"$R/tmp/go"; cat >"$R/tmp/rest"; mv "$R/tmp/rest" "$R/tmp/done"',
    );
    const other = await login(host(), site.identityFile);
    await other.run('until [ -e "$R/tmp/begun" ]; do sleep 0.02; done');
    faults().cut();
    expect((await answer).code).toBeUndefined();
    await again();
    expect(
      await client.run('echo >"$R/tmp/go"; until [ -e "$R/tmp/done" ]; do sleep 0.02; done'),
    ).toMatchObject({ code: 0 });
  });

  test('comes after so many bytes of input', async () => {
    faults().cutAt({ stdinBytes: 100_000 });
    expect((await client.run('cat >"$R/tmp/received"', Buffer.alloc(1_000_000))).code).toBeUndefined();
    await again();
    const size = Number(
      (await client.run('until [ -e "$R/tmp/received" ]; do sleep 0.02; done; wc -c <"$R/tmp/received"'))
        .stdout,
    );
    expect(size).toBeLessThan(1_000_000);
  });

  test('comes at the script that was named, and only once', async () => {
    faults().cutAt({ exec: 2 });
    expect((await client.run('echo one')).stdout).toBe('one\n');
    expect((await client.run('sleep 1')).code).toBeUndefined();
    await again();
    expect((await client.run('echo three')).stdout).toBe('three\n');
  });
});

describe('a loss of power', () => {
  test('strikes exactly at the use of a program', async () => {
    faults().strikeAtCommand('power', 'mv', 2);
    const script = 'cd "$R/tmp"; for i in 1 2 3; do : >a$i; mv a$i b$i; done';
    expect((await client.run(script)).code).toBeUndefined();
    await site.powerOn('cp-1');
    await again();
    expect((await client.run('ls "$R/tmp"')).stdout).toBe('a2\nb1\n');
    expect((await client.run('cd "$R/tmp"; mv a2 b2 && ls')).stdout).toBe('b1\nb2\n');
  });

  test('strikes after so many lines of output', async () => {
    faults().powerCutAt({ stdoutLines: 2 });
    const { code } = await client.run('i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done');
    expect(code).toBeUndefined();
    await expect(login(host(), site.identityFile)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('a cut at the use of a program leaves the script to go on', async () => {
    faults().strikeAtCommand('cut', 'mv', 1);
    expect((await client.run('cd "$R/tmp"; : >a; mv a b; : >c')).code).toBeUndefined();
    await again();
    expect(await client.run('until [ -e "$R/tmp/c" ]; do sleep 0.02; done; ls "$R/tmp"')).toMatchObject({
      stdout: 'b\nc\n',
    });
  });
});

describe('a full disk', () => {
  const full = /No space left on device/;

  test('stops tee, cat, cp and tar where it is full', async () => {
    faults().fullDisk(10_000);
    const bytes = Buffer.alloc(200_000, 'x');
    for (const script of ['tee "$R/tmp/f" >/dev/null', 'cat >"$R/tmp/f"']) {
      expect(await client.run(script, bytes)).toMatchObject({ code: 1, stderr: expect.stringMatching(full) });
      await client.run('rm -f "$R/tmp/f"');
    }
    await client.run('head -c 20000 /dev/zero >"$R/tmp/big"');
    expect(await client.run('cp "$R/tmp/big" "$R/tmp/copy"')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(full),
    });
    expect((await client.run('df -Pk "$R/" | tail -n 1')).stdout).toMatch(/ 0 +33% /);
  });

  test('may fill up unseen: df still says that there is room', async () => {
    faults().fullDisk(10_000, { unseen: true });
    expect((await client.run('df -Pk "$R/" | tail -n 1')).stdout).toMatch(/ 41943040 /);
    expect(await client.run('tee "$R/tmp/f" >/dev/null', Buffer.alloc(200_000))).toMatchObject({ code: 1 });
  });

  test('lets through what fits', async () => {
    faults().fullDisk(100_000);
    expect(await client.run('tee "$R/tmp/f" | wc -c', Buffer.alloc(5000))).toMatchObject({
      code: 0,
      stdout: '5000\n',
    });
    faults().clear();
    expect(await client.run('tee "$R/tmp/g" | wc -c', Buffer.alloc(500_000))).toMatchObject({
      stdout: '500000\n',
    });
  });
});

describe('other faults', () => {
  test('nobody may log in, except who is in', async () => {
    faults().refuseLogins();
    await expect(login(host(), site.identityFile)).rejects.toThrow(/authentication/);
    expect((await client.run('echo in')).stdout).toBe('in\n');
    faults().clear();
    await again();
  });

  test('only root has an account', async () => {
    await expect(login(host(), site.identityFile, 'ubuntu')).rejects.toThrow(/authentication/);
  });

  test('a clock that is ahead', async () => {
    faults().clock(3600);
    const ahead = Number((await client.run('date +%s')).stdout) - Date.now() / 1000;
    expect(Math.round(ahead / 60)).toBe(60);
  });

  test('more than ten sessions at a time are too many, as with sshd', async () => {
    const wait = 'until [ -e "$R/tmp/go" ]; do sleep 0.05; done';
    const first = Array.from({ length: 10 }, () => client.run(wait));
    await expect(client.run('true')).rejects.toThrow(/Channel open failure/);
    const other = await login(host(), site.identityFile);
    await other.run(': >"$R/tmp/go"');
    await Promise.all(first);
    expect((await client.run('echo well')).stdout).toBe('well\n');
    other.close();
  });
});

describe('containment', () => {
  test('a link that leads out of a host leads nowhere for what plays the host', async () => {
    const root = host().root;
    await client.run(`ln -s /etc "$R/etc/kubernetes"; ln -s /etc/passwd "$R/run/practice/refused"`);
    await client.run('true');
    expect(site.refused).toEqual([]);
    expect(root.startsWith(tmpdir())).toBe(true);
  });

  test.skipIf(process.getuid?.() !== 0)('nothing outside can be written by a script', async () => {
    for (const path of ['/etc/podstrap-practice', '"$R/../../id"', '"$R/../../commands/sh"'])
      expect((await client.run(`: >${path}`)).code).not.toBe(0);
  });
});
