import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { connect } from '../../src/transport/connect.js';
import type { Transport } from '../../src/transport/transport.js';
import { endless, failureOf, listen, never } from './contract.js';
import { hostNamed, inventoryOf, optionsOf } from './inventory.js';
import { type Sshd, startSshd } from './sshd.js';

const clean: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of clean.splice(0).reverse()) await each();
});

type Client = 'built-in' | 'openssh';

async function open(
  client: Client,
  viaJump = false,
): Promise<{ readonly transport: Transport; readonly sshd: Sshd }> {
  const sshd = await startSshd();
  const { port, user, identityFile } = sshd;
  const become = 'none' as const;
  const ssh = {
    client,
    configFile: 'none',
    port,
    user,
    identityFile,
    become,
    ...(viaJump ? { proxyJump: `${user}@127.0.0.1:${port}` } : {}),
  };
  const host = hostNamed('cp-1', { ssh });
  const transport = await connect(host, inventoryOf([host]), optionsOf({ acceptNewHostKeys: true }));
  clean.push(sshd.stop, () => transport.close());
  return { transport, sshd };
}

/** Ends the server's process for this very connection, as a crash would. */
const cut = 'kill -9 $PPID';

describe.each(['built-in', 'openssh'] as const)('by the client %s', (client) => {
  test('in the middle of a script it is no success, and no exit code', async () => {
    const { transport } = await open(client);
    const failure = await failureOf(transport.exec({ script: `echo begun; ${cut}; exit 0` }));
    expect(failure.kind).toBe('connection-lost');
    expect(failure.where.host).toBe('cp-1');
    expect(failure.next).toContain('run the same command again');
  });

  test('in the middle of an upload it ends the upload', async () => {
    const { transport } = await open(client);
    const upload = transport.exec({ script: `head -c 5000000 >/dev/null; ${cut}; cat`, stdin: endless() });
    expect((await failureOf(upload)).kind).toBe('connection-lost');
  });

  for (const [way, viaJump] of [
    ['', false],
    [' with the jump host', true],
  ] as const)
    test(`everything that was going on fails${way}, and whatever comes after`, async () => {
      const { transport, sshd } = await open(client, viaJump);
      const echo = await listen((socket) => socket.pipe(socket));
      clean.push(echo.close);
      const stream = await transport.open('127.0.0.1', echo.port);
      stream.write('hello');
      await once(stream, 'readable');
      const streamEnds = text(stream);
      // More than may run at once, so that some have not begun.
      const waiting = Array.from({ length: 8 }, () => transport.exec({ script: 'cat', stdin: never() }));
      sshd.cut();
      for (const { kind } of await Promise.all(waiting.map(failureOf))) expect(kind).toBe('connection-lost');
      expect((await failureOf(streamEnds)).kind).toBe('connection-lost');
      expect((await failureOf(transport.exec({ script: 'true' }))).kind).toBe('connection-lost');
      expect((await failureOf(transport.open('127.0.0.1', echo.port))).kind).toBe('connection-lost');
    });
});
