import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Host, Ssh } from '../../src/inventory/inventory.js';
import { Secret } from '../../src/secret.js';
import { connect } from '../../src/transport/connect.js';
import type { ConnectOptions, Prompts } from '../../src/transport/connect-options.js';
import { connections } from '../../src/transport/connections.js';
import { failureOf, listen } from './contract.js';
import { hostNamed, inventoryOf, optionsOf } from './inventory.js';
import { freePort, makeKey, type Sshd, startSshd } from './sshd.js';
import { temporaryDirectory } from './temporary.js';

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd({ settings: ['MaxAuthTries 6'] });
});
afterAll(() => sshd.stop());

const home = (): string => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, '.ssh'), { mode: 0o700 });
  return directory;
};

/** Whether a login works, told by a script; with nothing set but what the case sets. */
async function tryLogin(
  ssh: Ssh,
  options: Partial<ConnectOptions> = {},
  fields: Partial<Host> = {},
): Promise<string> {
  const host = hostNamed('cp-1', {
    ssh: { port: sshd.port, user: sshd.user, become: 'none', ...ssh },
    ...fields,
  });
  const transport = await connect(
    host,
    inventoryOf([host]),
    optionsOf({ home: home(), acceptNewHostKeys: true, ...options }),
  );
  try {
    return (await transport.exec({ script: 'echo in' })).stdout.trim();
  } finally {
    await transport.close();
  }
}

const answering = (...answers: string[]): Prompts & { readonly asked: string[] } => {
  const asked: string[] = [];
  return {
    asked,
    secret: async (question) => {
      asked.push(question);
      return new Secret(answers.shift() ?? expect.fail(`asked once too often: ${question}`));
    },
    confirm: async ({ question }) => {
      asked.push(question);
      return answers.shift() === 'yes';
    },
  };
};

const lockedKey = (directory: string, passphrase: string): string => {
  const path = makeKey(join(directory, 'locked'), 'ed25519', passphrase);
  execFileSync('sh', ['-c', 'cat "$0.pub" >>"$1/authorized_keys"', path, sshd.directory]);
  return path;
};

describe('keys', () => {
  test('the one that the inventory names is used', async () => {
    expect(await tryLogin({ identityFile: sshd.identityFile })).toBe('in');
  });

  test('the usual one in ~/.ssh is used when nobody names one', async () => {
    const at = home();
    execFileSync('cp', [sshd.identityFile, join(at, '.ssh/id_ed25519')]);
    expect(await tryLogin({}, { home: at })).toBe('in');
  });

  test('a wrong one is refused, with what was tried and what to do', async () => {
    const wrong = makeKey(join(home(), 'wrong'));
    const failure = await failureOf(tryLogin({ identityFile: wrong }));
    expect(failure.kind).toBe('authentication');
    expect(failure.where.host).toBe('cp-1');
    expect(failure.doing).toBe(`logging in to 127.0.0.1:${sshd.port} as ${sshd.user}`);
    expect(failure.said).toContain(wrong);
    expect(failure.next).toContain('ssh.identityFile');
  });

  test('a wrong user is refused by name', async () => {
    const failure = await failureOf(tryLogin({ user: 'nobody-at-all', identityFile: sshd.identityFile }));
    expect(failure.kind).toBe('authentication');
    expect(failure.doing).toContain('as nobody-at-all');
  });

  test('none at all is said to be none', async () => {
    const failure = await failureOf(tryLogin({}));
    expect(failure.kind).toBe('authentication');
    expect(failure.said).toContain('no key');
  });

  test('a named file that is not there, or no key, is named', async () => {
    const directory = home();
    const missing = await failureOf(tryLogin({ identityFile: join(directory, 'missing') }));
    expect(missing.said).toContain('missing (no such file)');
    writeFileSync(join(directory, 'text'), 'hello');
    const text = await failureOf(tryLogin({ identityFile: join(directory, 'text') }));
    expect(text.said).toContain('no key that can be used');
  });

  test('one with a passphrase asks for it once, for all hosts and again after a mistake', async () => {
    const identityFile = lockedKey(home(), 'open sesame');
    const prompts = answering('wrong', 'open sesame');
    const ssh = { port: sshd.port, user: sshd.user, identityFile };
    const hosts = ['cp-1', 'cp-2', 'cp-3'].map((name) => hostNamed(name, { ssh }));
    const ways = connections(inventoryOf(hosts), optionsOf({ acceptNewHostKeys: true, prompts }));
    for (const way of (await ways.connectAll(hosts)).values()) {
      expect(way).not.toBeInstanceOf(Error);
      if (!(way instanceof Error)) await way.close();
    }
    expect(prompts.asked).toEqual(Array(2).fill(`Passphrase of ${identityFile}: `));
  });

  test('one with a passphrase and nobody to ask leads to ssh-add', async () => {
    const identityFile = lockedKey(home(), 'x');
    const failure = await failureOf(tryLogin({ identityFile }));
    expect(failure.kind).toBe('authentication');
    expect(failure.next).toContain(`ssh-add ${identityFile}`);
  });

  test('three wrong passphrases are enough', async () => {
    const identityFile = lockedKey(home(), 'x');
    const failure = await failureOf(tryLogin({ identityFile }, { prompts: answering('a', 'b', 'c') }));
    expect(failure.kind).toBe('authentication');
    expect(failure.said).toBe('the passphrase is wrong');
  });

  test('RSA and ECDSA keys work too', async () => {
    for (const type of ['rsa', 'ecdsa'] as const) {
      const key = makeKey(join(home(), type), type);
      execFileSync('sh', ['-c', 'cat "$0.pub" >>"$1/authorized_keys"', key, sshd.directory]);
      expect(await tryLogin({ identityFile: key })).toBe('in');
    }
  });
});

test('what login shells print is not what scripts print', async () => {
  const bashrc = join(sshd.directory, '.bashrc');
  writeFileSync(bashrc, 'echo welcome; echo beware >&2\n');
  const { port, user, identityFile } = sshd;
  const host = hostNamed('cp-1', { ssh: { port, user, identityFile, become: 'none' } });
  const transport = await connect(host, inventoryOf([host]), optionsOf({ acceptNewHostKeys: true }));
  const result = await transport.exec({ script: 'echo out; echo err >&2' });
  expect(result).toEqual({ code: 0, stdout: 'out\n', stderr: 'err\n' });
  await transport.close();
  rmSync(bashrc);
});

describe('an agent', () => {
  let agent: ChildProcess;
  let socket: string;
  beforeAll(async () => {
    const directory = home();
    socket = join(directory, 'agent');
    agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise((resolve) => agent.stdout!.once('data', resolve));
    const others = Array.from({ length: 7 }, (_, index) => makeKey(join(directory, `other-${index}`)));
    for (const key of [...others, sshd.identityFile])
      execFileSync('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
  });
  afterAll(() => {
    agent.kill('SIGTERM');
  });
  const withAgent = () => ({ env: { SSH_AUTH_SOCK: socket, USER: 'operator' } });

  test('that holds too many keys is cut off by the server; the advice is to name one', async () => {
    const failure = await failureOf(tryLogin({}, withAgent()));
    expect(failure.kind).toBe('authentication');
    expect(failure.next).toContain('identitiesOnly');
  });

  test('offers the key that the inventory names first', async () => {
    const at = home();
    // Only the public half is there, as with a key that lives in the agent alone.
    execFileSync('cp', [`${sshd.identityFile}.pub`, join(at, 'mine.pub')]);
    expect(await tryLogin({ identityFile: join(at, 'mine.pub'), identitiesOnly: true }, withAgent())).toBe(
      'in',
    );
  });

  test('unlocks a key file that has a passphrase', async () => {
    const at = home();
    const locked = join(at, 'locked');
    execFileSync('cp', [sshd.identityFile, locked]);
    execFileSync('cp', [`${sshd.identityFile}.pub`, `${locked}.pub`]);
    execFileSync('ssh-keygen', ['-q', '-p', '-N', 'secret', '-f', locked]);
    expect(await tryLogin({ identityFile: locked, identitiesOnly: true }, withAgent())).toBe('in');
  });

  test('that is not there is as none', async () => {
    const env = { SSH_AUTH_SOCK: '/nowhere/agent', USER: 'operator' };
    expect(await tryLogin({ identityFile: sshd.identityFile }, { env })).toBe('in');
  });
});

describe('ssh_config', () => {
  test('gives an alias its address, port, user and key', async () => {
    const at = home();
    writeFileSync(join(at, '.ssh/config'), `Include conf.d/*\nHost *\n  User wrong\n  IdentitiesOnly yes\n`);
    mkdirSync(join(at, '.ssh/conf.d'));
    writeFileSync(
      join(at, '.ssh/conf.d/lab'),
      `Host box-*\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User ${sshd.user}\n  IdentityFile ${sshd.identityFile}\n`,
    );
    const host = hostNamed('cp-1', { address: 'box-7' });
    const options = optionsOf({ home: at, acceptNewHostKeys: true });
    const transport = await connect(host, inventoryOf([host]), options);
    // Without root's name podstrap would use sudo here; who we are is all that counts.
    await transport.close();
  });

  test('that has a ProxyCommand is refused, not run', async () => {
    const at = home();
    writeFileSync(join(at, '.ssh/config'), `Host *\n  ProxyCommand touch ${at}/ran\n`);
    const failure = await failureOf(tryLogin({ identityFile: sshd.identityFile }, { home: at }));
    expect([failure.kind, failure.doing]).toEqual(['usage', `reading ${at}/.ssh/config line 2`]);
    expect(failure.next).toContain('ssh.client: openssh');
    expect(await tryLogin({ identityFile: sshd.identityFile, configFile: 'none' }, { home: at })).toBe('in');
  });
});

describe('jump hosts', () => {
  test('are logged in to once for all hosts behind them, and left with the last of these', async () => {
    const bastion = await startSshd();
    const at = home();
    writeFileSync(
      join(at, '.ssh/config'),
      `Host bastion\n  HostName 127.0.0.1\n  Port ${bastion.port}\n  User ${bastion.user}\n  IdentityFile ${bastion.identityFile}\n`,
    );
    const ssh = {
      port: sshd.port,
      user: sshd.user,
      identityFile: sshd.identityFile,
      proxyJump: 'bastion',
      become: 'none' as const,
    };
    const hosts = Array.from({ length: 12 }, (_, index) => hostNamed(`w-${index}`, { ssh }));
    const ways = connections(inventoryOf(hosts), optionsOf({ home: at, acceptNewHostKeys: true }));
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

  test('that cannot be reached, or forbid it, are named', async () => {
    const nobody = await freePort();
    const ssh = { identityFile: sshd.identityFile, proxyJump: `root@127.0.0.1:${nobody}` };
    const unreachable = await failureOf(tryLogin(ssh));
    expect(unreachable.kind).toBe('unreachable');
    expect(unreachable.doing).toBe(`connecting to 127.0.0.1:${nobody}`);
    const strict = await startSshd({ settings: ['AllowTcpForwarding no'] });
    execFileSync('sh', ['-c', 'cat "$0.pub" >>"$1/authorized_keys"', sshd.identityFile, strict.directory]);
    const forbidden = await failureOf(
      tryLogin({ identityFile: sshd.identityFile, proxyJump: `${strict.user}@127.0.0.1:${strict.port}` }),
    );
    expect(forbidden.kind).toBe('unreachable');
    expect(forbidden.next).toContain('AllowTcpForwarding');
    await strict.stop();
  });

  test('tell when the host behind them does not answer', async () => {
    const nobody = await freePort();
    const proxyJump = `${sshd.user}@127.0.0.1:${sshd.port}`;
    const failure = await failureOf(tryLogin({ identityFile: sshd.identityFile, proxyJump, port: nobody }));
    expect(failure.kind).toBe('unreachable');
    expect(failure.doing).toBe(`connecting to 127.0.0.1:${nobody} through 127.0.0.1`);
  });
});

describe('a host that cannot be reached', () => {
  test('because nothing listens', async () => {
    const port = await freePort();
    const failure = await failureOf(tryLogin({ port }));
    expect(failure.kind).toBe('unreachable');
    expect(failure.said).toContain('ECONNREFUSED');
    expect(failure.next).toContain('is sshd running');
  });

  test('because its name is no name', async () => {
    const failure = await failureOf(tryLogin({}, {}, { address: 'no-such-host.invalid' }));
    expect(failure.kind).toBe('unreachable');
    expect(failure.doing).toContain('no-such-host.invalid');
  });

  test('because it says nothing, after a second try', async () => {
    let calls = 0;
    const silent = await listen(() => {
      calls += 1;
    });
    const failure = await failureOf(tryLogin({ port: silent.port, connectTimeout: '200ms' }));
    expect(failure.kind).toBe('unreachable');
    expect(failure.said).toBe('the SSH server said nothing for 0.2 s');
    expect(calls).toBe(2);
    await silent.close();
  });

  test('at first, because it is overloaded, is tried once more', async () => {
    let calls = 0;
    const moody = await listen((socket) => {
      calls += 1;
      if (calls === 1) return socket.destroy();
      socket.pipe(createConnection({ host: '127.0.0.1', port: sshd.port })).pipe(socket);
    });
    expect(await tryLogin({ port: moody.port, identityFile: sshd.identityFile })).toBe('in');
    await moody.close();
  });

  test('because it is no SSH server', async () => {
    const web = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect((await failureOf(tryLogin({ port: web.port }))).kind).toBe('unreachable');
    await web.close();
  });

  test('is one failure among the results of many', async () => {
    const port = await freePort();
    const ssh = { user: sshd.user, identityFile: sshd.identityFile };
    const hosts = [
      hostNamed('up', { ssh: { ...ssh, port: sshd.port } }),
      hostNamed('down', { ssh: { ...ssh, port } }),
    ];
    const ways = connections(inventoryOf(hosts), optionsOf({ acceptNewHostKeys: true }));
    const results = await ways.connectAll(hosts);
    expect([...results].map(([name, way]) => [name, way instanceof Error])).toEqual([
      ['up', false],
      ['down', true],
    ]);
    for (const way of results.values()) if (!(way instanceof Error)) await way.close();
  });

  test('is not waited for once the operator says stop', async () => {
    const stop = new AbortController();
    stop.abort();
    expect((await failureOf(tryLogin({}, { signal: stop.signal }))).kind).toBe('interrupted');
  });
});

test('forty hosts that are one server do not make it drop connections', async () => {
  const ssh = { user: sshd.user, port: sshd.port, identityFile: sshd.identityFile };
  const hosts = Array.from({ length: 40 }, (_, index) => hostNamed(`w-${index}`, { ssh }));
  const ways = connections(inventoryOf(hosts), optionsOf({ acceptNewHostKeys: true }));
  const open = [...(await ways.connectAll(hosts)).values()];
  expect(open.filter((way) => way instanceof Error)).toEqual([]);
  expect(sshd.log()).not.toContain('MaxStartups');
  await Promise.all(open.map((way) => !(way instanceof Error) && way.close()));
});
