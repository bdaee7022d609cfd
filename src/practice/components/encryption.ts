import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { Link, Ring } from '../../pki/encryption/ring.js';
import { readRing } from '../../pki/encryption/ring-text.js';
import { ApiError } from './api-error.js';
import { type ComponentContext, Crash } from './component.js';

const flag = 'encryption-provider-config';

/** A value as it was stored, and whether it would be stored in another way now. */
export interface Read {
  readonly text: string;
  readonly stale: boolean;
}

/**
 * How an API server encrypts: by the file that it has loaded, at its start and, if it is told so, again whenever the file has
 * changed. What cannot be loaded is passed over, and the one before stands. Values begin as those of a real server do; the cipher
 * behind that is one for all providers.
 */
export class Encryption {
  readonly #context: ComponentContext;
  #ring: Ring | undefined;
  #hash: string | undefined;
  /** Seconds since the epoch. */
  #reloaded: number | undefined;

  /** @throws Crash in the API server's words when it would not start */
  constructor(context: ComponentContext) {
    this.#context = context;
    const path = context.flags.get(flag);
    if (path === undefined) return;
    const text = context.read(path);
    const ring = readRing(text);
    if (ring === undefined || Object.keys(ring.chains).length === 0)
      throw new Crash(
        `error while parsing file: error decoding encryption provider configuration file "${path}"`,
      );
    this.#ring = ring;
    this.#hash = hashOf(text);
    if (context.flags.get('encryption-provider-config-automatic-reload') === 'true') this.#poll(path);
  }

  #poll(path: string): void {
    this.#context.after(this.#context.pace.encryptionReload, () => {
      this.#reload(path);
      this.#poll(path);
    });
  }

  #reload(path: string): void {
    try {
      const text = this.#context.read(path);
      if (hashOf(text) === this.#hash) return;
      const ring = readRing(text);
      if (ring === undefined || Object.keys(ring.chains).length === 0) throw new Error('it is not one');
      this.#ring = ring;
      this.#hash = hashOf(text);
      this.#reloaded = this.#context.now() / 1000;
    } catch (error) {
      this.#context.log(`error processing encryption config file ${path}: ${(error as Error).message}`);
    }
  }

  /** What an API server says of it under /metrics. */
  metrics(): string {
    if (this.#hash === undefined) return '';
    const base = 'apiserver_encryption_config_controller';
    const id = 'apiserver_id_hash="sha256:practice"';
    const lines = [
      `# TYPE ${base}_last_config_info gauge`,
      `${base}_last_config_info{${id},hash="${this.#hash}"} 1`,
      ...(this.#reloaded === undefined
        ? []
        : [`${base}_automatic_reload_last_timestamp_seconds{${id},status="success"} ${this.#reloaded}`]),
    ];
    return `${lines.join('\n')}\n`;
  }

  #chain(key: string): readonly Link[] {
    const [place = '', below = ''] = key.split('/').slice(2);
    const resource = place.includes('.') ? `${below}.${place}` : place;
    return this.#ring?.chains[resource] ?? [{ provider: 'identity' }];
  }

  /** @throws ApiError for what none of its keys reads */
  read(key: string, value: string): Read {
    const chain = this.#chain(key);
    for (const [index, link] of chain.entries()) {
      const text = opened(link, value);
      if (text !== undefined) return { text, stale: index > 0 };
    }
    const said = value.startsWith('k8s:enc:')
      ? 'no matching key was found for the provided transformer'
      : 'identity transformer tried to read encrypted data';
    throw new ApiError(
      500,
      'InternalError',
      `Internal error occurred: unable to transform key "${key}": ${said}`,
    );
  }

  write(key: string, text: string): string {
    return sealed(this.#chain(key)[0]!, text);
  }
}

const hashOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

const prefixOf = (link: Link): string =>
  link.provider === 'identity'
    ? ''
    : link.provider === 'kms'
      ? `k8s:enc:kms:${link.apiVersion}:${link.name}:`
      : `k8s:enc:${link.provider}:v1:${link.name}:`;

const keyOf = (link: Link): Buffer =>
  createHash('sha256')
    .update('secret' in link ? link.secret.reveal() : link.provider)
    .digest();

function sealed(link: Link, text: string): string {
  if (link.provider === 'identity') return text;
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyOf(link), iv);
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return `${prefixOf(link)}${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64')}`;
}

/** Undefined for a value that was written in another way. */
function opened(link: Link, value: string): string | undefined {
  const prefix = prefixOf(link);
  if (link.provider === 'identity') return value.startsWith('k8s:enc:') ? undefined : value;
  if (!value.startsWith(prefix)) return undefined;
  const bytes = Buffer.from(value.slice(prefix.length), 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(link), bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
