import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { framed, reader, string, uint32 } from '../../src/transport/ssh/wire.js';

/** An agent that holds one security key, which is touched at once. */
export interface SecurityKeyAgent {
  readonly socket: string;
  /** As authorized_keys has it. */
  readonly publicKey: string;
  stop(): Promise<void>;
}

const type = 'sk-ssh-ed25519@openssh.com';
const application = 'ssh:';
/** Of a signature: somebody was there. */
const touched = 1;

const sha256 = (bytes: Buffer | string): Buffer => createHash('sha256').update(bytes).digest();

/** https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.u2f */
export async function startSecurityKeyAgent(directory: string): Promise<SecurityKeyAgent> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const blob = Buffer.concat([string(type), string(point), string(application)]);
  let counter = 0;
  const signature = (data: Buffer): Buffer => {
    const facts = Buffer.concat([Buffer.from([touched]), uint32(++counter)]);
    const signed = sign(null, Buffer.concat([sha256(application), facts, sha256(data)]), privateKey);
    return Buffer.concat([string(type), string(signed), facts]);
  };
  const answer = (request: Buffer): Buffer => {
    const from = reader(request);
    const kind = from.byte();
    if (kind === 11) return Buffer.concat([Buffer.from([12]), uint32(1), string(blob), string('a token')]);
    if (kind !== 13 || !from.string().equals(blob)) return Buffer.from([5]);
    return Buffer.concat([Buffer.from([14]), string(signature(from.string()))]);
  };
  const socket = join(directory, 'security-key-agent');
  const server = createServer((client) => {
    client.on('error', () => undefined);
    client.on(
      'data',
      framed((request) => client.write(string(answer(request)))),
    );
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    publicKey: `${type} ${blob.toString('base64')}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
