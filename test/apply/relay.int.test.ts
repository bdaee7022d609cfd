import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Crew } from '../../src/apply/crew.js';
import type { Clock } from '../../src/apply/transfer/pace.js';
import { artifactsFor, endLeftRelays, withRelay } from '../../src/apply/transfer/relay.js';
import { preparePostScript } from '../../src/apply/transfer/relay-script.js';
import { takeTransfers, transfersOf } from '../../src/apply/transfer/transfers.js';
import { openUplink } from '../../src/apply/transfer/uplink.js';
import type { BinaryArtifact } from '../../src/desired/artifact.js';
import type { RunEvent } from '../../src/events.js';
import { probeScript } from '../../src/observed/probe/probe.js';
import type { Step } from '../../src/plan/step.js';
import { type PracticeSite, startPracticeSite } from '../../src/practice/practice-site.js';
import { connect } from '../../src/transport/connect.js';
import type { Exec, Transport } from '../../src/transport/transport.js';
import { factsFrom } from '../observed/facts-from.js';
import { hostNamed, inventoryOf, optionsOf } from '../transport/inventory.js';
import { virtualClock } from './virtual-clock.js';

const hosts = ['cp-1', 'cp-2', 'cp-3', 'cp-4', 'cp-5'];
const run = '20260101T000000Z-abcd';
const binary = (path: string, content: Buffer): BinaryArtifact => ({
  ...{ kind: 'binary', name: 'kubelet', version: 'v1.36.3', arch: 'amd64', path, mode: 0o755 },
  sha256: createHash('sha256').update(content).digest('hex'),
  size: content.length,
});
const contents = [Buffer.alloc(2_000_000, 'kubelet'), Buffer.alloc(1_000_000, 'containerd')];
const binaries = contents.map((content, index) => binary(`/usr/local/bin/program-${index}`, content));
const total = 3_000_000;

let site: PracticeSite;
let operator: string;
const transports = new Map<string, Transport>();

beforeEach(async () => {
  site = await startPracticeSite({
    directory: mkdtempSync(join(tmpdir(), 'practice-')),
    hosts: hosts.map((name) => ({ name })),
  });
  operator = mkdtempSync(join(tmpdir(), 'podstrap-relay-'));
  for (const [index, content] of contents.entries())
    writeFileSync(join(operator, binaries[index]!.sha256), content);
  for (const host of inventory().spec.hosts) {
    const transport = await connect(host, inventory(), optionsOf());
    transports.set(host.name, transport);
    await transport.exec({ script: 'd="$R/var/lib/podstrap"; mkdir -p "$d"; echo ours me >"$d/lock"' });
  }
});
afterEach(async () => {
  for (const transport of transports.values()) await transport.close();
  expect(site.refused).toEqual([]);
  await site.close({ remove: true });
  rmSync(operator, { recursive: true });
});

function inventory(relay = true) {
  const { identityFile } = site;
  const made = inventoryOf(
    site.hosts.map(({ name, advertiseAddress, port, hostKey }) =>
      hostNamed(name, {
        advertiseAddress,
        hostKey,
        ssh: { user: 'root', identityFile, port, identitiesOnly: true },
      }),
    ),
  );
  return { ...made, spec: { ...made.spec, artifacts: { ...made.spec.artifacts, relay } } };
}

interface Sent {
  /** Bytes from the operator to each host. */
  readonly bytes: Record<string, number>;
  readonly scripts: readonly string[];
  readonly warnings: readonly (RunEvent & { readonly event: 'warning' })[];
}

interface Circumstances {
  readonly relay?: boolean;
  readonly abort?: AbortController;
  /** As of `--max-upload`: bytes per second, by this clock. */
  readonly limit?: { readonly rate: number; readonly clock: Clock };
  /** Called before each script, once hosts are ready for one another. */
  readonly meanwhile?: (host: string, script: string) => void;
}

async function crewFor({ relay, abort, limit, meanwhile }: Circumstances, sent: Sent): Promise<Crew> {
  const never = new AbortController().signal;
  const request = { files: [], hashes: [], sysctls: [], modules: [], units: {}, etcdDataDir: '/x' };
  const facts = new Map();
  for (const [name, transport] of transports)
    facts.set(name, await factsFrom(transport, probeScript(request), 0));
  const watched = (transport: Transport): Transport => ({
    ...transport,
    exec: (asked: Exec) => {
      const { host } = transport;
      (sent.scripts as string[]).push(asked.script);
      meanwhile?.(host, asked.script);
      const count = async function* (stdin: AsyncIterable<Uint8Array>) {
        for await (const piece of stdin) {
          sent.bytes[host] = (sent.bytes[host] ?? 0) + piece.length;
          yield piece;
        }
      };
      return transport.exec({ ...asked, ...(asked.stdin ? { stdin: count(asked.stdin) } : {}) });
    },
  });
  const artifacts = {
    list: binaries,
    place: (sha256: string) => ({ file: join(operator, sha256), start: 0 }),
  };
  const emit = (event: RunEvent) => {
    if (event.event === 'warning') (sent.warnings as RunEvent[]).push(event);
  };
  return {
    session: { run, inventory: inventory(relay), stop: never, abort: abort?.signal ?? never, emit },
    transports: new Map([...transports].map(([name, transport]) => [name, watched(transport)])),
    artifacts,
    uplink: openUplink(artifacts, limit?.rate, limit?.clock),
    facts,
    lock: { id: 'ours', letGo: () => undefined },
  } as unknown as Crew;
}

const stepsFor = (host: string): readonly Step[] =>
  binaries.map(({ path, mode, sha256, size }) => ({
    host,
    phase: 'binaries',
    action: { do: 'install-binary', path, mode, sha256, size },
    reason: 'a test',
  }));

async function send(circumstances: Circumstances = {}): Promise<Sent & { readonly failed: boolean }> {
  const sent: Sent = { bytes: {}, scripts: [], warnings: [] };
  const crew = await crewFor(circumstances, sent);
  const needs = artifactsFor(hosts, (host) => transfersOf(crew, stepsFor(host)));
  const ended = await withRelay(crew, needs, (relaying) =>
    Promise.allSettled(hosts.map((host) => takeTransfers(relaying, host, stepsFor(host)))),
  );
  await crew.uplink.close();
  return { ...sent, failed: ended.some(({ status }) => status === 'rejected') };
}

const at = (host: string, path: string) => join(site.host(host).root, path);
const authorizedKeys = (host: string) => at(host, 'root/.ssh/authorized_keys');

function expectInstalled(): void {
  for (const host of hosts)
    for (const [index, { path }] of binaries.entries())
      expect(readFileSync(at(host, path)).equals(contents[index]!)).toBe(true);
}

function expectNothingLeft(): void {
  for (const host of hosts) {
    expect(readdirSync(at(host, 'var/lib/podstrap/incoming'))).toEqual([]);
    expect(existsSync(authorizedKeys(host))).toBe(false);
  }
}

test('five hosts take from the operator what one does', async () => {
  const { bytes, failed, warnings } = await send();
  expect({ failed, warnings }).toEqual({ failed: false, warnings: [] });
  expect(bytes['cp-1']).toBe(total);
  // The others got a key.
  for (const host of hosts.slice(1)) expect(bytes[host]).toBeLessThan(1000);
  expectInstalled();
  expectNothingLeft();
});

test.each([
  ['takes as long for five hosts as for one, when they pass it on', true, 1],
  ['is shared by hosts that all have it from the operator', false, hosts.length],
])('a limited line %s', async (_sentence, relay, copies) => {
  const clock = virtualClock();
  const rate = 1_000_000;
  const { failed, warnings } = await send({ relay, limit: { rate, clock } });
  expect({ failed, warnings }).toEqual({ failed: false, warnings: [] });
  // All but the last piece have to be waited for.
  const seconds = (copies * total) / rate;
  expect(clock.now() / 1000).toBeLessThanOrEqual(seconds + 1e-6);
  expect(clock.now() / 1000).toBeGreaterThan(seconds - 0.1);
  expectInstalled();
});

test('a peer that admits nobody, and those behind it, cost nothing but the operator’s line', async () => {
  const { failed, bytes, warnings } = await send({
    meanwhile: (host, script) => {
      if (host === 'cp-2' && script.includes('ssh -F none')) site.faults('cp-2').refuseLogins();
    },
  });
  expect(failed).toBe(false);
  expect(warnings.map(({ host, message }) => [host, /did not come from (\S+),/.exec(message)?.[1]])).toEqual(
    expect.arrayContaining([
      ['cp-4', 'cp-2'],
      ['cp-5', 'cp-2'],
    ]),
  );
  expect(warnings.length).toBe(2);
  expect([bytes['cp-1'], bytes['cp-4'], bytes['cp-5']].every((count) => count! >= total)).toBe(true);
  expectInstalled();
  expectNothingLeft();
});

test('bytes that a peer has damaged are noticed, and come from the operator', async () => {
  const { sha256 } = binaries[0]!;
  const { failed, warnings } = await send({
    meanwhile: (host, script) => {
      const kept = at('cp-1', `var/lib/podstrap/incoming/relay-${run}/blobs/${sha256}`);
      if (host === 'cp-3' && script.includes('ssh -F none') && existsSync(kept)) {
        // Not into the file itself, which is the one that cp-1 installs.
        writeFileSync(`${kept}.new`, Buffer.alloc(contents[0]!.length, 'other'));
        renameSync(`${kept}.new`, kept);
      }
    },
  });
  expect(failed).toBe(false);
  expect(warnings.some(({ message }) => message.includes(`wanted ${sha256}`))).toBe(true);
  expectInstalled();
  expectNothingLeft();
});

test('what a run begun goes on where it stopped, at a peer as well', async () => {
  const { sha256 } = binaries[0]!;
  const part = `var/lib/podstrap/incoming/${sha256}.part`;
  // Made on the host, so that it is the host's own.
  await transports.get('cp-3')!.exec({ script: `mkdir -p "$R/${dirname(part)}" && : >"$R/${part}"` });
  writeFileSync(at('cp-3', part), contents[0]!.subarray(0, 1_500_000));
  const { failed, warnings, bytes } = await send();
  expect({ failed, warnings }).toEqual({ failed: false, warnings: [] });
  expect(bytes['cp-3']).toBeLessThan(1000);
  expectInstalled();
  expectNothingLeft();
});

test('a run that is stopped at once leaves no key', async () => {
  const abort = new AbortController();
  const { failed } = await send({
    abort,
    meanwhile: (_host, script) => {
      if (script.includes('ssh -F none')) abort.abort();
    },
  });
  expect(failed).toBe(true);
  for (const host of hosts) {
    expect(existsSync(authorizedKeys(host))).toBe(false);
    expect(
      readdirSync(at(host, 'var/lib/podstrap/incoming')).filter((name) => name.startsWith('relay-')),
    ).toEqual([]);
  }
});

test('what a killed run left is taken away by the next one, whatever its inventory says', async () => {
  const script = preparePostScript({
    ...{ run: 'killed', lockId: 'ours', peers: [], handsOut: [binaries[0]!.sha256], lifetime: 600 },
    admitted: [{ addresses: ['10.20.0.9'], publicKey: 'ssh-ed25519 AAAA' }],
  });
  for (const transport of transports.values()) await transport.exec({ script });
  expect(readFileSync(authorizedKeys('cp-1'), 'utf8')).toContain('podstrap-relay:killed');
  const crew = await crewFor({ relay: false }, { bytes: {}, scripts: [], warnings: [] });
  await endLeftRelays(crew);
  await crew.uplink.close();
  expectNothingLeft();
});

test('nothing of it is done where the inventory does not ask for it', async () => {
  const { bytes, scripts, failed } = await send({ relay: false });
  expect(failed).toBe(false);
  expect(bytes).toEqual(Object.fromEntries(hosts.map((host) => [host, total])));
  expect(scripts.filter((script) => /relay|ssh/.test(script))).toEqual([]);
  expectInstalled();
});
