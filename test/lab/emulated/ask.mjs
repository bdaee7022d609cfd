// ask.mjs: the two sockets of a machine that QEMU emulates.
//   ask.mjs run SOCKET COMMAND   has the guest's agent run it as root, past network and sshd; ends as the command ends
//   ask.mjs tell SOCKET COMMAND [JSON]   tells QEMU itself, such as set_link
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

const [verb, path, command, words = '{}'] = process.argv.slice(2);
const patience = 15_000;

/** A talk over the socket: sends an object, and hands over each object that is answered. */
async function talk(path) {
  const socket = createConnection(path);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  return {
    send: (message) => socket.write(`${JSON.stringify(message)}\n`),
    /** The first answer that `wanted` takes. Others are of an earlier talk that broke off, or news. */
    async hear(wanted) {
      const late = AbortSignal.timeout(patience);
      late.onabort = () => socket.destroy();
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(late.aborted ? 'it does not answer' : 'it hung up');
        // The agent's first line after a break begins with 0xFF.
        const answer = JSON.parse(value.replace(/^[^{]*/, ''));
        if (answer.error !== undefined) throw new Error(answer.error.desc);
        if (wanted(answer)) {
          late.onabort = null;
          return answer;
        }
      }
    },
    end: () => socket.destroy(),
  };
}

/** One question to the agent. It has one ear: who asks holds the socket no longer than for this. */
async function askAgent(execute, args) {
  const agent = await talk(path);
  try {
    const id = Math.floor(Math.random() * 2 ** 31);
    agent.send({ execute: 'guest-sync', arguments: { id } });
    await agent.hear((answer) => answer.return === id);
    agent.send({ execute, arguments: args });
    return (await agent.hear((answer) => answer.return !== undefined)).return;
  } finally {
    agent.end();
  }
}

async function run() {
  const { pid } = await askAgent('guest-exec', {
    path: '/bin/sh',
    arg: ['-c', command],
    env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'TERM=dumb'],
    'capture-output': true,
  });
  for (let wait = 20; ; wait = Math.min(500, wait * 1.5)) {
    const ended = await askAgent('guest-exec-status', { pid });
    if (ended.exited) {
      for (const [stream, data] of [
        [process.stdout, ended['out-data']],
        [process.stderr, ended['err-data']],
      ])
        stream.write(Buffer.from(data ?? '', 'base64'));
      process.exitCode = ended.exitcode ?? 128 + ended.signal;
      return;
    }
    await pause(wait);
  }
}

async function tell() {
  const machine = await talk(path);
  await machine.hear((answer) => answer.QMP !== undefined);
  for (const message of [
    { execute: 'qmp_capabilities' },
    { execute: command, arguments: JSON.parse(words) },
  ]) {
    machine.send(message);
    await machine.hear((answer) => answer.return !== undefined);
  }
  machine.end();
}

try {
  await { run, tell }[verb]();
} catch (error) {
  process.stderr.write(`lab: ${path}: ${error.message}\n`);
  process.exitCode = 255;
}
