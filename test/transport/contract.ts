import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Failure, LimitExceeded } from '../../src/failure.js';
import type { ExecResult, Transport } from '../../src/transport/transport.js';

/** A way to a host under test. */
export interface Subject {
  readonly transport: Transport;
  /** What scripts find in R. Default: nothing, as on real hosts. */
  readonly root?: string;
  /** A server that the host finds on its 127.0.0.1. Default: on this machine's. */
  readonly listen?: typeof listen;
  /** Another way to the same host, for the case that closes it. */
  another(): Promise<Transport>;
  dispose(): Promise<void>;
}

const mebibyte = 1024 * 1024;

/**
 * What every Transport does. Kept to what a POSIX shell and coreutils can do, so that practice hosts can take it as well.
 */
export function transportContract(
  name: string,
  make: () => Promise<Subject>,
  {
    streams = 30,
  }: { /** How many may be open at once with something expected of each. */ readonly streams?: number } = {},
): void {
  describe(`${name} keeps the contract of transports`, () => {
    let subject: Subject;
    let echo: Listener;
    beforeAll(async () => {
      subject = await make();
      echo = await serve((socket) => socket.pipe(socket));
    });
    afterAll(async () => {
      await echo?.close();
      await subject?.dispose();
    });
    const serve: typeof listen = (answer) => (subject.listen ?? listen)(answer);
    const run = (script: string, stdin?: AsyncIterable<Uint8Array>): Promise<ExecResult> =>
      subject.transport.exec({ script, ...(stdin ? { stdin } : {}) });

    for (const [way, input] of [
      ['without input', () => undefined],
      ['with input', () => chunks('given\n')],
    ] as const)
      describe(`a script ${way}`, () => {
        test('gives its exit code, output and complaints apart', async () => {
          const result = await run('echo out; echo err >&2; exit 7', input());
          expect(result).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\n' });
        });

        test('that runs off its end has the code of its last command', async () => {
          expect((await run('true; false', input())).code).toBe(1);
          expect((await run('false; true', input())).code).toBe(0);
        });

        test('finds R, plain C messages and a private umask', async () => {
          const { stdout } = await run('printf "%s|%s|" "$R" "$LC_ALL"; umask; sh -c \'echo "$R"\'', input());
          const root = subject.root ?? '';
          expect(stdout).toBe(`${root}|C|0077\n${root}\n`);
        });

        test('arrives byte by byte: quotes, backslashes, percent signs, tabs and letters of all kinds', async () => {
          const odd = `a'b"c\\d\\n\\\\e%s%%f\tg$HOME\`h\` ĀāÁ„…ἀ漢🚀 !x ~ * [a-z] {1,2} #`;
          const { stdout } = await run(`cat <<'END'\n${odd}\nEND`, input());
          expect(stdout).toBe(`${odd}\n`);
        });

        test('that a signal ends has 128 and its number', async () => {
          expect((await run('kill -TERM $$', input())).code).toBe(143);
          expect((await run('kill -KILL $$', input())).code).toBe(137);
        });

        test('that no shell can parse is not begun', async () => {
          const { code, stdout } = await run('echo begun\nif true; then', input());
          expect(code).not.toBe(0);
          expect(stdout).toBe('');
        });

        test('may be nothing, or a remark', async () => {
          expect((await run('', input())).code).toBe(0);
          expect((await run('# nothing', input())).code).toBe(0);
        });
      });

    test('a script may be a megabyte', async () => {
      const line = `: ${'x'.repeat(1000)}\n`;
      const { code, stdout } = await run(`${line.repeat(1000)}echo end`);
      expect({ code, stdout }).toEqual({ code: 0, stdout: 'end\n' });
    });

    test('a script with input may be 90 KiB, and not 110', async () => {
      const remark = (kibibytes: number) => `# ${'x'.repeat(kibibytes * 1024)}\n`;
      const { stdout } = await run(`${remark(90)}cat`, chunks('read'));
      expect(stdout).toBe('read');
      const failure = await failureOf(run(`${remark(110)}cat`, chunks('read')));
      expect(failure.kind).toBe('internal');
    });

    test('a script without input reads nothing, and not its own lines', async () => {
      expect((await run('cat; echo end')).stdout).toBe('end\n');
    });

    test('20 MiB of input arrive unchanged', async () => {
      const bytes = randomBytes(20 * mebibyte);
      const { stdout } = await run('sha256sum', slices(bytes, 300_000));
      expect(stdout.split(' ')[0]).toBe(createHash('sha256').update(bytes).digest('hex'));
    });

    test('many small chunks arrive in order', async () => {
      const words = Array.from({ length: 5000 }, (_, index) => `${index}\n`);
      expect((await run('cat', chunks(...words))).stdout).toBe(words.join(''));
    });

    test('5 MB of complaints hang nothing; their end is kept', async () => {
      const { code, stderr } = await run('head -c 5000000 /dev/zero | tr "\\0" x >&2; echo last >&2; exit 3');
      expect(code).toBe(3);
      expect(stderr.length).toBe(256 * 1024);
      expect(stderr.endsWith('xlast\n')).toBe(true);
    });

    test('15 MiB of output in one line come whole', async () => {
      const { code, stdout } = await run(`head -c ${15 * mebibyte} /dev/zero | tr "\\0" x`);
      expect({ code, size: stdout.length }).toEqual({ code: 0, size: 15 * mebibyte });
    });

    // Nobody waits for the end of it, and the operator can go on with other hosts.
    test.each([
      ['output', 'while head -c 1000000 /dev/zero | tr "\\0" "\\n"; do :; done'],
      ['output in one line', 'while head -c 1000000 /dev/zero | tr "\\0" x; do :; done'],
      ['error output', 'while head -c 1000000 /dev/zero | tr "\\0" x >&2; do :; done'],
    ])('a script with %s without end is given up', async (_title, script) => {
      const transport = await subject.another();
      let longest = 0;
      const onLine = (line: string) => {
        longest = Math.max(longest, line.length);
      };
      const failure = await failureOf(transport.exec({ script, onLine }));
      expect(failure).toBeInstanceOf(LimitExceeded);
      expect(failure.said).toContain('more than 16 MiB');
      expect(longest).toBeLessThan(16 * mebibyte);
      await transport.close();
      expect((await run('echo well')).stdout).toBe('well\n');
    });

    test('lines are told one by one while the script runs', async () => {
      const told: string[] = [];
      const answer = deferred<Uint8Array>();
      const result = await subject.transport.exec({
        script: 'echo één; IFS= read -r answer; echo "$answer"; printf rest',
        stdin: (async function* () {
          yield answer.promise;
        })(),
        onLine: (line) => {
          told.push(line);
          if (line === 'één') answer.resolve(Buffer.from('two\n'));
        },
      });
      expect(told).toEqual(['één', 'two', 'rest']);
      expect(result.stdout).toBe('één\ntwo\nrest');
    });

    test('15 scripts at once all end well', async () => {
      const results = await Promise.all(
        Array.from({ length: 15 }, (_, index) => run(`echo ${index}; exit ${index}`)),
      );
      expect(results).toEqual(results.map((_, code) => ({ code, stdout: `${code}\n`, stderr: '' })));
    });

    test('a script that ends while input flows gives its own code and words', async () => {
      const result = await run('head -c 10 >/dev/null; echo enough >&2; exit 9', endless());
      expect(result).toEqual({ code: 9, stdout: '', stderr: 'enough\n' });
    });

    test('input that fails to come gives its own error', async () => {
      const broken = async function* () {
        yield Buffer.from('begin');
        throw new Error('the disk is gone');
      };
      await expect(run('cat >/dev/null', broken())).rejects.toThrow('the disk is gone');
    });

    test('a script that takes too long is given up', async () => {
      const exec = subject.transport.exec({ script: 'cat', stdin: never(), timeoutMs: 300 });
      const { kind, said } = await failureOf(exec);
      expect({ kind, said }).toEqual({ kind: 'connection-lost', said: 'no end within 0.3 s' });
    });

    test('a script is let go when asked, before and while it runs', async () => {
      const stop = new AbortController();
      const exec = subject.transport.exec({
        script: 'echo begun; cat',
        stdin: never(),
        signal: stop.signal,
        onLine: () => stop.abort(),
      });
      expect((await failureOf(exec)).kind).toBe('interrupted');
      const late = subject.transport.exec({ script: 'true', signal: stop.signal });
      expect((await failureOf(late)).kind).toBe('interrupted');
      expect((await run('echo well')).stdout).toBe('well\n');
    });

    test('streams carry bytes both ways and end when one side does', async () => {
      const bytes = randomBytes(3 * mebibyte);
      const stream = await subject.transport.open('127.0.0.1', echo.port);
      const received = collect(stream);
      for await (const slice of slices(bytes, 100_000)) stream.write(slice);
      stream.end();
      expect((await received).equals(bytes)).toBe(true);
    });

    test('a stream ends when the server ends it', async () => {
      const greeter = await serve((socket) => socket.end('good bye'));
      const stream = await subject.transport.open('127.0.0.1', greeter.port);
      expect(await text(stream)).toBe('good bye');
      await greeter.close();
    });

    test('30 streams at once do not disturb scripts, and all are served', async () => {
      const answers = Array.from({ length: 30 }, async (_, index) => {
        const stream = await subject.transport.open('127.0.0.1', echo.port);
        const answer = text(stream);
        stream.end(`stream ${index}`);
        return answer;
      });
      expect((await run('echo well')).stdout).toBe('well\n');
      expect(await Promise.all(answers)).toEqual(answers.map((_, index) => `stream ${index}`));
    });

    test(`${streams} streams are open at once, beside scripts where there is room`, async () => {
      const open = await Promise.all(
        Array.from({ length: streams }, () => subject.transport.open('127.0.0.1', echo.port)),
      );
      const answers = open.map((stream) => text(stream));
      open.forEach((stream, index) => void stream.write(`stream ${index}`));
      await Promise.all(open.map((stream) => once(stream, 'data')));
      open.forEach((stream) => void stream.end());
      expect((await run('echo well')).stdout).toBe('well\n');
      expect(await Promise.all(answers)).toEqual(open.map((_, index) => `stream ${index}`));
    });

    test('a stream on which nothing is expected is in nobody’s way', async () => {
      const kept = [];
      for (let index = 0; index < 6; index += 1) {
        const stream = await subject.transport.open('127.0.0.1', echo.port);
        stream.on('error', () => undefined);
        stream.write('x');
        await once(stream, 'data');
        kept.push(stream);
        expect((await run('echo well')).stdout).toBe('well\n');
      }
      for (const stream of kept) stream.destroy();
    });

    test.skipIf(streams < 2)('a stream that is destroyed leaves the others alone', async () => {
      const [one, other] = [
        await subject.transport.open('127.0.0.1', echo.port),
        await subject.transport.open('127.0.0.1', echo.port),
      ];
      one.destroy();
      other.end('still here');
      expect(await text(other)).toBe('still here');
    });

    test('a port where nothing listens is unreachable', async () => {
      const gone = await serve(() => undefined);
      await gone.close();
      const failure = await failureOf(streamed(subject.transport, gone.port));
      expect(failure.kind).toBe('unreachable');
      expect(failure.where.host).toBe(subject.transport.host);
    });

    test('closing twice is once, and nothing runs afterwards', async () => {
      const transport = await subject.another();
      expect((await transport.exec({ script: 'echo open' })).stdout).toBe('open\n');
      await transport.close();
      await transport.close();
      expect((await failureOf(transport.exec({ script: 'true' }))).kind).toBe('connection-lost');
      expect((await failureOf(transport.open('127.0.0.1', echo.port))).kind).toBe('connection-lost');
    });
  });
}

/** The Failure that `work` must end with. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    (value) => expect.fail(`no failure, but ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

/** Some transports find out that nobody listens only when the stream is used. */
async function streamed(transport: Transport, port: number): Promise<string> {
  const stream = await transport.open('127.0.0.1', port);
  return text(stream);
}

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

export async function listen(serve: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { port, close };
}

async function collect(stream: Duplex): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

export async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const each of texts) yield Buffer.from(each);
}

async function* slices(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Input without end. */
export async function* endless(): AsyncGenerator<Uint8Array> {
  const chunk = Buffer.alloc(64 * 1024);
  for (;;) yield chunk;
}

/** Input that never comes. */
export async function* never(): AsyncGenerator<Uint8Array> {
  yield await new Promise<Uint8Array>(() => undefined);
}

function deferred<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
