import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import type { SiteHost } from '../../src/practice/practice-site.js';

export interface Answer {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The plainest SSH client there is: what practice hosts do is seen without podstrap's own transport in between. */
export interface Client {
  run(script: string, stdin?: Uint8Array | string): Promise<Answer>;
  open(address: string, port: number): Promise<Duplex>;
  readonly closed: Promise<void>;
  close(): void;
}

export function login(host: SiteHost, identityFile: string, username = 'root'): Promise<Client> {
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    const closed = new Promise<void>((done) => client.once('close', () => done()));
    client.on('error', reject);
    client.once('ready', () =>
      resolve({
        run: (script, stdin) => run(client, script, stdin),
        open: (address, port) =>
          new Promise((opened, refused) =>
            client.forwardOut('127.0.0.1', 0, address, port, (error, stream) =>
              error ? refused(error) : opened(stream),
            ),
          ),
        closed,
        close: () => client.end(),
      }),
    );
    client.connect({
      host: host.address,
      port: host.port,
      username,
      privateKey: readFileSync(identityFile),
      hostVerifier: () => true,
    });
  });
}

function run(client: ssh2.Client, script: string, stdin: Uint8Array | string = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    client.exec(`R=$PODSTRAP_ROOT; export R; ${script}`, (error, channel) => {
      if (error) return reject(error);
      let stdout = '';
      let stderr = '';
      let code: number | undefined;
      let signal: string | undefined;
      channel.on('data', (chunk: Buffer) => {
        stdout += chunk;
      });
      channel.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk;
      });
      channel.on('exit', (exitCode: number | null, name?: string) => {
        code = exitCode ?? undefined;
        signal = name;
      });
      channel.on('close', () => resolve({ code, signal, stdout, stderr }));
      channel.end(stdin);
    });
  });
}
