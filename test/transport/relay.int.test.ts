import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { connect } from '../../src/transport/connect.js';
import type { Transport } from '../../src/transport/transport.js';
import { needing } from '../programs/needing.js';
import { failureOf, listen } from './contract.js';
import { hostNamed, inventoryOf, optionsOf } from './inventory.js';
import { freePort, startSshd } from './sshd.js';
import { temporaryDirectory } from './temporary.js';

const clean: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of clean.splice(0).reverse()) await each();
});

/** A host whose sshd forbids forwarding and that has these programs only. */
async function hostWith(...programs: readonly string[]): Promise<Transport> {
  const directory = temporaryDirectory();
  for (const program of ['sh', 'cat', 'sleep', ...programs])
    symlinkSync(found(program), join(directory, program));
  const sshd = await startSshd({ settings: ['AllowTcpForwarding no'], environment: { PATH: directory } });
  const ssh = { port: sshd.port, user: sshd.user, identityFile: sshd.identityFile, become: 'none' as const };
  const host = hostNamed('cp-1', { ssh });
  const transport = await connect(host, inventoryOf([host]), optionsOf({ acceptNewHostKeys: true }));
  clean.push(
    () => rmSync(directory, { recursive: true }),
    sshd.stop,
    () => transport.close(),
  );
  return transport;
}

const found = (program: string): string =>
  ['/usr/bin', '/bin', '/usr/local/bin'].map((folder) => join(folder, program)).find(existsSync) ??
  expect.fail(`this machine has no ${program}`);

for (const program of ['python3', 'bash', 'socat', 'nc'] as const)
  needing(program).describe(`where forwarding is forbidden and the host has ${program}`, () => {
    test('streams carry bytes both ways', async () => {
      const transport = await hostWith(program);
      const echo = await listen((socket) => socket.pipe(socket));
      clean.push(echo.close);
      const stream = await transport.open('127.0.0.1', echo.port);
      const bytes = 'x'.repeat(500_000);
      stream.write(bytes);
      let received = '';
      for await (const part of stream) {
        received += part;
        if (received.length === bytes.length) break;
      }
      expect(received).toBe(bytes);
    });

    // Debian's nc goes on listening to us then.
    test.skipIf(program === 'nc')('a stream ends when the server ends it', async () => {
      const transport = await hostWith(program);
      const greeter = await listen((socket) => socket.end('good bye'));
      clean.push(greeter.close);
      expect(await text(await transport.open('127.0.0.1', greeter.port))).toBe('good bye');
    });

    test('a port where nothing listens is unreachable', async () => {
      const transport = await hostWith(program);
      const port = await freePort();
      const failure = await failureOf(transport.open('127.0.0.1', port).then(text));
      expect(failure.kind).toBe('unreachable');
      expect(failure.doing).toBe(`connecting to 127.0.0.1:${port} from the host with ${program}`);
    });
  });

test('where forwarding is forbidden and nothing can replace it, both are said', async () => {
  const transport = await hostWith();
  const failure = await failureOf(transport.open('127.0.0.1', await freePort()));
  expect(failure.kind).toBe('unreachable');
  expect(failure.said).toContain('forbids forwarding');
  expect(failure.next).toContain('AllowTcpForwarding');
});
