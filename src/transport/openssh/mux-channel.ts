import { Duplex, Readable } from 'node:stream';
import type { Channel } from '../ssh/channels.js';
import { type Reader, string, uint32 } from '../ssh/wire.js';

/** Messages of RFC 4254, section 9. */
export const message = {
  open: 90,
  opened: 91,
  openFailed: 92,
  adjust: 93,
  data: 94,
  extended: 95,
  eof: 96,
  close: 97,
  request: 98,
  success: 99,
  failure: 100,
} as const;

/** Bytes that the far end may send before it has to wait for us. */
export const ourWindow = 2 * 1024 * 1024;

/** Sends one message; `sent` is called once the system has it. */
export type Send = (type: number, parts: readonly Buffer[], sent?: () => void) => void;

/** What the far end said when it opened the channel. */
interface Opened {
  readonly id: number;
  readonly window: number;
  readonly packet: number;
}

/**
 * An open channel as a stream, its flow controlled as RFC 4254 has it. `exit` and `close` come as Channel tells. What is
 * written after the far end has closed goes nowhere, without an error: how it ended is told by `close`.
 */
export class MuxChannel extends Duplex implements Channel {
  readonly stderr = new Readable({ read: () => this.#grant() });
  readonly #send: Send;
  readonly #id: number;
  readonly #packet: number;
  #window: number;
  #received = 0;
  #waiting: { bytes: Buffer; readonly done: () => void } | undefined;
  #sentClose = false;
  #exit: readonly [number | null, string?] | undefined;
  #answer: ((isGranted: boolean) => void) | undefined;

  constructor({ id, window, packet }: Opened, send: Send) {
    // Both directions may end before it is told how the program ended: only the far end's close is the end.
    super({ read: () => this.#grant(), autoDestroy: false });
    this.#id = id;
    this.#window = window;
    this.#packet = packet;
    this.#send = send;
    this.stderr.on('error', () => undefined);
  }

  /** Asks the far end for something. Resolves to whether it agrees; false, too, when the channel ends before it has said so. */
  request(name: string, details: Buffer): Promise<boolean> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#tell(message.request, string(name), Buffer.from([1]), details);
    });
  }

  /** Is told what the far end says on this channel. @returns true when that was its last word */
  hear(type: number, body: Reader): boolean {
    if (type === message.data) this.#receive(this, body.string());
    else if (type === message.extended) {
      const isStderr = body.uint32() === 1;
      const bytes = body.string();
      if (isStderr) this.#receive(this.stderr, bytes);
    } else if (type === message.adjust) {
      this.#window += body.uint32();
      this.#flush();
    } else if (type === message.success || type === message.failure) this.#settle(type === message.success);
    else if (type === message.request) this.#asked(body);
    else if (type === message.eof) this.#end();
    else if (type === message.close) {
      this.#end();
      this.#settle(false);
      this.#sayClose();
      this.#drop();
      if (this.readableEnded) this.destroy();
      else this.once('end', () => this.destroy());
      return true;
    }
    return false;
  }

  /** The connection is gone: there is nothing to wait for. */
  abandon(): void {
    this.#sentClose = true;
    this.#settle(false);
    this.destroy();
  }

  close(): void {
    this.destroy();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#waiting = { bytes: chunk, done };
    this.#flush();
  }

  override _final(done: () => void): void {
    if (!this.#sentClose) this.#tell(message.eof);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#sayClose();
    this.#drop();
    this.stderr.destroy();
    done(error);
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event !== 'close' || this.#exit === undefined) return super.emit(event, ...args);
    super.emit('exit', ...this.#exit);
    return super.emit('close', ...this.#exit);
  }

  #tell(type: number, ...parts: readonly Buffer[]): void {
    this.#send(type, [uint32(this.#id), ...parts]);
  }

  #sayClose(): void {
    if (this.#sentClose) return;
    this.#sentClose = true;
    this.#tell(message.close);
  }

  #settle(isGranted: boolean): void {
    this.#answer?.(isGranted);
    this.#answer = undefined;
  }

  #receive(to: Readable, bytes: Buffer): void {
    this.#received += bytes.length;
    if (!this.destroyed) to.push(bytes);
    this.#grant();
  }

  /** Lets the far end send more, once half of what it may is used up and read. */
  #grant(): void {
    const unread = this.readableLength + this.stderr.readableLength;
    if (this.#sentClose || this.#received < ourWindow / 2 || unread > ourWindow / 2) return;
    this.#tell(message.adjust, uint32(this.#received));
    this.#received = 0;
  }

  #end(): void {
    if (!this.readableEnded) this.push(null);
    if (!this.stderr.readableEnded) this.stderr.push(null);
  }

  #asked(body: Reader): void {
    const name = body.string().toString('latin1');
    const wantsAnswer = body.byte() !== 0;
    if (name === 'exit-status') this.#exit = [body.uint32()];
    if (name === 'exit-signal') this.#exit = [null, `SIG${body.string().toString('latin1')}`];
    if (wantsAnswer) this.#tell(message.failure);
  }

  /** Sends as much of what is to be written as the far end's window allows. */
  #flush(): void {
    if (this.#waiting === undefined) return;
    if (this.#sentClose) {
      this.#drop();
      return;
    }
    const { bytes, done } = this.#waiting;
    let at = 0;
    while (at < bytes.length && this.#window > 0) {
      const piece = bytes.subarray(at, at + Math.min(this.#window, this.#packet));
      at += piece.length;
      this.#window -= piece.length;
      const isLast = at === bytes.length;
      this.#send(message.data, [uint32(this.#id), string(piece)], isLast ? done : undefined);
    }
    this.#waiting = at === bytes.length ? undefined : { bytes: bytes.subarray(at), done };
  }

  #drop(): void {
    const { done } = this.#waiting ?? {};
    this.#waiting = undefined;
    done?.();
  }
}
