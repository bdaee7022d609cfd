import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Host, Ssh } from '../../src/inventory/inventory.js';
import { Secret } from '../../src/secret.js';
import type { ConnectOptions, Prompts } from '../../src/transport/connect-options.js';
import { type Connections, connections } from '../../src/transport/connections.js';
import { type Answer, desks } from '../../src/transport/openssh/desk.js';
import { runProgram } from '../../src/transport/openssh/program.js';
import type { Transport } from '../../src/transport/transport.js';
import { failureOf, listen } from './contract.js';
import { hostNamed, inventoryOf, optionsOf } from './inventory.js';
import { freePort, makeKey, type Sshd, startSshd } from './sshd.js';
import { temporaryDirectory } from './temporary.js';

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.stop());

/** A file of ssh_config. */
const configOf = (text: string): string => {
  const file = join(temporaryDirectory(), 'config');
  writeFileSync(file, text);
  return file;
};

/** A host that is `sshd`, by OpenSSH. */
const hostWith = (ssh: Ssh = {}, fields: Partial<Host> = {}): Host =>
  hostNamed('cp-1', {
    ...fields,
    ssh: {
      client: 'openssh',
      configFile: 'none',
      port: sshd.port,
      user: sshd.user,
      identityFile: sshd.identityFile,
      become: 'none',
      ...ssh,
    },
  });

const waysTo = (hosts: readonly Host[], options: Partial<ConnectOptions> = {}): Connections =>
  connections(inventoryOf(hosts), optionsOf({ acceptNewHostKeys: true, ...options }));

const connectTo = (host: Host, options: Partial<ConnectOptions> = {}): Promise<Transport> =>
  waysTo([host], options).connect(host);

async function tryLogin(host: Host, options: Partial<ConnectOptions> = {}): Promise<string> {
  const transport = await connectTo(host, options);
  try {
    return (await transport.exec({ script: 'echo in' })).stdout.trim();
  } finally {
    await transport.close();
  }
}

const typing = (...answers: string[]): Prompts & { readonly asked: string[] } => {
  const asked: string[] = [];
  return {
    asked,
    secret: async (question) => {
      asked.push(question);
      return new Secret(answers.shift() ?? expect.fail(`asked once too often: ${question}`));
    },
    confirm: async () => expect.fail('nothing is to be confirmed'),
  };
};

const environmentWith = (fields: Record<string, string>) => ({ ...optionsOf().env, ...fields });

describe('a machine that cannot do it is told so first', () => {
  /** A PATH in which `ssh -V` says this. */
  const pathWith = (said: string): string => {
    const folder = temporaryDirectory();
    writeFileSync(join(folder, 'ssh'), `#!/bin/sh\necho '${said}' >&2\n`, { mode: 0o755 });
    return `${folder}:${process.env.PATH}`;
  };

  test('for it has no ssh', async () => {
    const env = environmentWith({ PATH: temporaryDirectory() });
    const failure = await failureOf(tryLogin(hostWith(), { env }));
    expect(failure.kind).toBe('usage');
    expect(failure.said).toBe('there is no program `ssh` in the PATH');
    expect(failure.next).toContain('install OpenSSH 8.5');
  });

  test.each([
    ['OpenSSH_7.4p1, OpenSSL 1.0.2k-fips', 'it is OpenSSH 7.4, and 8.5 is the oldest that will do'],
    ['OpenSSH_8.4p1 Debian-5', 'it is OpenSSH 8.4, and 8.5 is the oldest that will do'],
    ['Dropbear v2022.83', 'it is not OpenSSH: `ssh -V` says "Dropbear v2022.83"'],
  ])('for its ssh is %s', async (version, said) => {
    const env = environmentWith({ PATH: pathWith(version) });
    const failure = await failureOf(tryLogin(hostWith(), { env }));
    expect([failure.kind, failure.said]).toEqual(['usage', said]);
  });

  test('for paths of sockets would be too long, or there is no place for them', async () => {
    const long = join(temporaryDirectory(), 'x'.repeat(60));
    mkdirSync(long);
    const failure = await failureOf(tryLogin(hostWith(), { env: environmentWith({ TMPDIR: long }) }));
    expect([failure.kind, failure.doing]).toEqual([
      'usage',
      `making a private folder for the sockets of ssh in ${long}`,
    ]);
    expect(failure.said).toContain('paths of more than the 90 bytes');
    expect(failure.next).toContain('TMPDIR');
    expect(readdirSync(long)).toEqual([]);
    const none = await failureOf(tryLogin(hostWith(), { env: environmentWith({ TMPDIR: '/nowhere' }) }));
    expect([none.kind, none.said]).toEqual(['usage', expect.stringContaining('ENOENT')]);
  });

  test.runIf(process.getuid?.() === 0)('for the disk is full, or runs no programs', async () => {
    for (const [options, said] of [
      ['size=4k,nr_inodes=3', 'ENOSPC'],
      ['noexec', 'programs cannot be run there'],
    ] as const) {
      const folder = temporaryDirectory();
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
      try {
        const env = environmentWith({ TMPDIR: folder });
        const failure = await failureOf(tryLogin(hostWith(), { env }));
        expect(failure.kind).toBe('usage');
        expect(failure.said).toContain(said);
        expect(readdirSync(folder)).toEqual([]);
      } finally {
        execFileSync('umount', [folder]);
      }
    }
  });

  test('for ssh refuses its configuration, with the file and the line', async () => {
    const configFile = configOf('Host *\n  Prot 22\n');
    const failure = await failureOf(tryLogin(hostWith({ configFile })));
    expect(failure.kind).toBe('usage');
    expect(failure.said).toMatch(/config:? line 2: Bad configuration option: prot/);
  });
});

describe('ssh_config is read by ssh itself', () => {
  test('with Match exec, names, ports, users and keys', async () => {
    const configFile = configOf(
      `Match originalhost box exec "exit 0"\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  IdentityFile ${sshd.identityFile}\n  User ${sshd.user}\n`,
    );
    const { port: _port, user: _user, identityFile: _file, ...ssh } = hostWith({ configFile }).ssh!;
    const host = hostNamed('cp-1', { address: 'box', ssh });
    const transport = await connectTo(host);
    expect(transport.server).toMatchObject({ user: sshd.user, port: sshd.port });
    await transport.close();
  });

  test('with a ProxyCommand, which it runs', async () => {
    const marker = join(temporaryDirectory(), 'ran');
    const way = `ssh -F none -i ${sshd.identityFile} -p ${sshd.port} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -W %h:%p ${sshd.user}@127.0.0.1`;
    const configFile = configOf(`ProxyCommand sh -c 'echo >${marker}; exec ${way}'\n`);
    expect(await tryLogin(hostWith({ configFile }))).toBe('in');
    expect(existsSync(marker)).toBe(true);
  });

  test('but for what podstrap decides: whom to trust, and what a connection is for', async () => {
    const marker = join(temporaryDirectory(), 'ran');
    const configFile = configOf(
      [
        'StrictHostKeyChecking no',
        'UserKnownHostsFile /dev/null',
        'PermitLocalCommand yes',
        `LocalCommand touch ${marker}`,
        'ControlPath none',
        'ControlMaster no',
        'ForwardAgent yes',
        'LocalForward 127.0.0.1:1 127.0.0.1:1',
        'RemoteCommand false',
        'RequestTTY force',
        'LogLevel QUIET',
      ].join('\n'),
    );
    const failure = await failureOf(tryLogin(hostWith({ configFile }), { acceptNewHostKeys: false }));
    expect(failure.kind).toBe('host-key');
    expect(await tryLogin(hostWith({ configFile }))).toBe('in');
    expect(existsSync(marker)).toBe(false);
  });

  test('a KnownHostsCommand of its own is refused', async () => {
    const configFile = configOf('KnownHostsCommand /bin/true\n');
    const failure = await failureOf(tryLogin(hostWith({ configFile })));
    expect([failure.kind, failure.said]).toEqual(['inventory', expect.stringContaining('KnownHostsCommand')]);
  });
});

describe('what ssh asks while it logs in', () => {
  /** Asks as ssh does, by SSH_ASKPASS, and gives what it would read. */
  async function ask(answer: Answer, prompt: string, kind?: string) {
    const desk = await desks(optionsOf().env)();
    const seat = await desk.seat(answer, '');
    const env = {
      ...optionsOf().env,
      PODSTRAP_SEAT: seat.name,
      ...(kind === undefined ? {} : { SSH_ASKPASS_PROMPT: kind }),
    };
    try {
      return await runProgram(desk.askPass, [prompt], env);
    } finally {
      await seat.leave();
    }
  }
  const heard: string[][] = [];
  const hearing = (reply: readonly string[] | undefined): Answer => {
    heard.length = 0;
    return async (words) => {
      heard.push([...words]);
      return reply;
    };
  };

  test('is answered with the very bytes, whatever they are', async () => {
    const secret = ` a'b"c\\d %s \\n ünï `;
    const { code, stdout } = await ask(hearing([secret]), 'Enter PIN for\nthe key: ');
    expect([code, stdout]).toEqual([0, `${secret}\n`]);
    expect(heard).toEqual([['secret-entry', 'Enter PIN for', 'the key: ']]);
  });

  test('may be refused, and a defect of ours is a refusal', async () => {
    expect((await ask(hearing(undefined), 'Password: ')).code).toBe(1);
    expect((await ask(() => Promise.reject(new Error('a defect')), 'Password: ')).code).toBe(1);
    expect((await ask(hearing([]), 'Allow use of key?', 'confirm')).code).toBe(0);
    expect(heard).toEqual([['secret-confirm', 'Allow use of key?']]);
  });

  test('or needs no answer, such as that a security key waits to be touched', async () => {
    const touched = new Promise<readonly string[]>((resolve) => {
      const answer: Answer = async (words) => {
        resolve(words);
        return [];
      };
      void ask(answer, 'Confirm user presence for key', 'none');
    });
    expect(await touched).toEqual(['secret-none', 'Confirm user presence for key']);
  });
});

describe('keys', () => {
  const lockedKey = (passphrase: string): string => {
    const path = makeKey(join(temporaryDirectory(), 'locked'), 'ed25519', passphrase);
    execFileSync('sh', ['-c', 'cat "$0.pub" >>"$1/authorized_keys"', path, sshd.directory]);
    return path;
  };

  test('one with a passphrase asks for it once, for all hosts and again after a mistake', async () => {
    const identityFile = lockedKey('open "sesame" \\n');
    const prompts = typing('wrong', 'open "sesame" \\n');
    const hosts = ['cp-1', 'cp-2', 'cp-3'].map((name) => ({
      ...hostWith({ identityFile, identitiesOnly: true }),
      name,
    }));
    for (const way of (await waysTo(hosts, { prompts }).connectAll(hosts)).values()) {
      expect(way).not.toBeInstanceOf(Error);
      if (!(way instanceof Error)) await way.close();
    }
    expect(prompts.asked).toHaveLength(2);
    for (const question of prompts.asked)
      expect(question).toBe(`Enter passphrase for key '${identityFile}': `);
  });

  test('one with a passphrase and nobody to ask is refused', async () => {
    const identityFile = lockedKey('x');
    const failure = await failureOf(tryLogin(hostWith({ identityFile, identitiesOnly: true })));
    expect(failure.kind).toBe('authentication');
    expect(failure.next).toContain('ssh-add');
  });

  test('a wrong one is refused, with the words of ssh and what to type', async () => {
    const identityFile = makeKey(join(temporaryDirectory(), 'wrong'));
    const failure = await failureOf(tryLogin(hostWith({ identityFile, identitiesOnly: true })));
    expect(failure.kind).toBe('authentication');
    expect(failure.where.host).toBe('cp-1');
    expect(failure.said).toContain('Permission denied (publickey)');
    expect(failure.next).toContain(`ssh -F none -p ${sshd.port} ${sshd.user}@127.0.0.1 true`);
  });
});

describe('jump hosts', () => {
  test('are logged in to once for all hosts behind them, and left with the last of these', async () => {
    const bastion = await startSshd();
    const configFile = configOf(
      `Host bastion\n  HostName 127.0.0.1\n  Port ${bastion.port}\n  User ${bastion.user}\n  IdentityFile ${bastion.identityFile}\n`,
    );
    const hosts = Array.from({ length: 12 }, (_, index) => ({
      ...hostWith({ configFile, proxyJump: 'bastion' }),
      name: `w-${index}`,
    }));
    const ways = waysTo(hosts);
    const open = [...(await ways.connectAll(hosts)).values()];
    for (const way of open) {
      if (way instanceof Error) throw way;
      expect((await way.exec({ script: 'echo through' })).stdout).toBe('through\n');
    }
    const logins = () => bastion.log().match(/Accepted publickey/g)?.length;
    expect(logins()).toBe(1);
    await Promise.all(open.map((way) => !(way instanceof Error) && way.close()));
    const later = await ways.connect(hosts[0]!);
    expect(logins()).toBe(2);
    await later.close();
    await bastion.stop();
  });

  test('of ssh_config lead there one behind the other', async () => {
    const configFile = configOf(
      ['one', 'two']
        .map(
          (name) =>
            `Host ${name}\n  HostName 127.0.0.1\n  HostKeyAlias ${name}\n  Port ${sshd.port}\n  IdentityFile ${sshd.identityFile}\n  ProxyJump ${name === 'one' ? 'none' : 'one'}\n`,
        )
        .join(''),
    );
    expect(await tryLogin(hostWith({ configFile, proxyJump: 'two' }))).toBe('in');
  });

  test('that cannot be reached, or forbid it, are named', async () => {
    const nobody = await freePort();
    const unreachable = await failureOf(
      tryLogin(hostWith({ proxyJump: `${sshd.user}@127.0.0.1:${nobody}` })),
    );
    expect(unreachable.kind).toBe('unreachable');
    expect(unreachable.doing).toBe(`connecting to 127.0.0.1:${nobody}`);
    const strict = await startSshd({ settings: ['AllowTcpForwarding no'] });
    execFileSync('sh', ['-c', 'cat "$0.pub" >>"$1/authorized_keys"', sshd.identityFile, strict.directory]);
    const forbidden = await failureOf(
      tryLogin(hostWith({ proxyJump: `${strict.user}@127.0.0.1:${strict.port}` })),
    );
    expect(forbidden.kind).toBe('unreachable');
    expect(forbidden.next).toContain('AllowTcpForwarding');
    await strict.stop();
  });

  test('tell when the host behind them does not answer', async () => {
    const nobody = await freePort();
    const failure = await failureOf(
      tryLogin(hostWith({ proxyJump: `${sshd.user}@127.0.0.1:${sshd.port}`, port: nobody })),
    );
    expect(failure.kind).toBe('unreachable');
    expect(failure.doing).toBe(`connecting to 127.0.0.1:${nobody} through 127.0.0.1`);
  });
});

describe('a host that cannot be reached', () => {
  test('says so in the words of ssh', async () => {
    const port = await freePort();
    const refused = await failureOf(tryLogin(hostWith({ port })));
    expect([refused.kind, refused.where.host]).toEqual(['unreachable', 'cp-1']);
    expect(refused.said).toContain('Connection refused');
    const silent = await listen(() => undefined);
    const late = await failureOf(tryLogin(hostWith({ port: silent.port, connectTimeout: '1s' })));
    expect(late.kind).toBe('unreachable');
    await silent.close();
  });

  test('is not waited for once the operator says stop', async () => {
    const stop = new AbortController();
    const silent = await listen(() => stop.abort());
    const failure = await failureOf(tryLogin(hostWith({ port: silent.port }), { signal: stop.signal }));
    expect(failure.kind).toBe('interrupted');
    await silent.close();
  });
});

test('a full disk on the host is what the host says', async () => {
  const transport = await connectTo(hostWith());
  const bytes = async function* () {
    for (let count = 0; count < 100; count += 1) yield Buffer.alloc(100_000);
  };
  const result = await transport.exec({ script: 'cat >/dev/full', stdin: bytes() });
  expect([result.code, result.stderr]).toEqual([1, expect.stringContaining('No space left on device')]);
  await transport.close();
});

test('nothing is left of a run: no folder, no master, no connection', async () => {
  const folder = temporaryDirectory();
  chmodSync(folder, 0o700);
  const env = environmentWith({ TMPDIR: folder });
  const hosts = ['cp-1', 'cp-2'].map((name) => ({ ...hostWith(), name }));
  const open = [...(await waysTo(hosts, { env }).connectAll(hosts)).values()];
  const [desk] = readdirSync(folder);
  expect(execFileSync('stat', ['-c', '%a', join(folder, desk!)]).toString()).toBe('700\n');
  expect(mastersBelow(folder).length).toBeGreaterThanOrEqual(2);
  for (const way of open) if (!(way instanceof Error)) await way.close();
  await expect.poll(() => readdirSync(folder)).toEqual([]);
  await expect.poll(() => mastersBelow(folder)).toEqual([]);
});

/** Processes of ssh whose sockets are below a folder. */
function mastersBelow(folder: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${folder}/`);
    } catch {
      return false;
    }
  });
}

test('forty hosts that are one server do not make it drop connections', async () => {
  const hosts = Array.from({ length: 40 }, (_, index) => ({ ...hostWith(), name: `w-${index}` }));
  const open = [...(await waysTo(hosts).connectAll(hosts)).values()];
  expect(open.filter((way) => way instanceof Error)).toEqual([]);
  expect(sshd.log()).not.toContain('MaxStartups');
  await Promise.all(open.map((way) => !(way instanceof Error) && way.close()));
});
