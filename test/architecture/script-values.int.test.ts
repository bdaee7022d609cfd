import { expect, test } from 'vitest';
import { unquotedValues } from './script-values.js';

const scripts = 'scripts and words of a shell, which are looked at where they are made';
const digests = 'a digest in hex: podstrap worked it out, or read it as one';
const numbers = 'a number';
const own = 'a name that podstrap itself gives, or that the operator’s machine made';

/** What scripts take without a function that quotes it, and why that may be. */
const known: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'apply/scripts/clear-network-script.ts': { [scripts]: ['clearPacketFilter'] },
  'apply/scripts/clear-packet-filter-script.ts': { [own]: ['table'] },
  'apply/scripts/clear-trees-script.ts': { [own]: ['name', 'kind'] },
  'apply/scripts/end-workloads-script.ts': {
    [own]: [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source
      "['kubepods', 'kubepods.slice', 'k8s.io'].flatMap((name) => [`-path '*/${name}'`, `-path '*/${name}/*'`])",
      "last.join(' ')",
    ],
  },
  'apply/scripts/reset-script.ts': {
    [own]: ["memories.join('|')", 'hardeningPlaces.auditFolder'],
    [scripts]: ['endWorkloads', 'clearNetwork', 'clearTrees', "[...runtime, ...runtimeData].join('\\n')"],
  },
  'apply/undo/earlier-host.ts': {
    [scripts]: ['file', "shown.join('\\n')", "same.join('\\n')"],
    [digests]: ['kept', 'sha256'],
  },
  'apply/scripts/generation-script.ts': { [scripts]: ['line'], [numbers]: ['limit'] },
  'apply/scripts/host-script.ts': {
    [digests]: ['action.sha256'],
    [scripts]: ['retirePod(pod)', 'nodeName(host)', 'ownData(etcdDataDir)', 'noteData(etcdDataDir)', 'data'],
  },
  'apply/scripts/retire-pod.ts': { [own]: ['name'] },
  'apply/transfer/import-script.ts': { [scripts]: ["names.join(' ')", "done.join(' ')"] },
  'apply/transfer/install-script.ts': { [scripts]: ["words.join(' ')"] },
  'apply/transfer/receive-script.ts': {
    [scripts]: ['names', 'proof'],
    [digests]: ['sha256'],
    [numbers]: ['size', 'offset'],
  },
  'apply/transfer/relay-script.ts': {
    [own]: ['run'],
    [digests]: ['sha256', "digests.join('|')"],
    [numbers]: ['lifetime', 'size', 'seconds', 'peer.port'],
  },
  'apply/scripts/restore-script.ts': {
    [scripts]: [`noteInJournal(\`echo \${word(JSON.stringify(entry))}\`)`, 'ownData(dataDir)'],
    [digests]: ['sha256', 'clusterId'],
    [numbers]: ['Math.ceil((2 * size + headroom) / 1024)'],
    [own]: ['[...components].reverse()', "marker.slice(marker.lastIndexOf('/') + 1)"],
  },
  'apply/scripts/switch-script.ts': {
    [scripts]: [
      'uid',
      'place',
      'move',
      "staged.join('\\n')",
      'yieldCold',
      'nodeName(host)',
      'ownData(data)',
      'noteData(data)',
      'ownBack',
      'ownNew',
    ],
    [digests]: ['sha256'],
    [own]: ['pod', 'store', "pods.join(' ')", 'virtualAddressPod'],
  },
  'apply/scripts/undo-script.ts': {
    [scripts]: ['[...others].reverse().flatMap(removeLine)'],
    [digests]: ['one.sha256'],
  },
  'check/cis/cis-facts.ts': { [own]: ['name'] },
  'observed/probe/probe.ts': { [numbers]: ['etcdIds.first', 'etcdIds.last'], [scripts]: ['etcdAccount'] },
  'observed/pods/pod-usage.ts': { [own]: ['controller', 'place'] },
  'transport/openssh/desk.ts': { [numbers]: ['pid'] },
  'verify/report.ts': { [scripts]: ['logsOf(name, transport.host)', "logs.join('\\n')"] },
  'verify/restarts.ts': { [scripts]: ['logsOf(name, transport.host)', "asks.join('\\n')"] },
  'transport/ssh/forward-by-exec.ts': { [own]: ['name'], [scripts]: ['command(address, port, marker)'] },
  'transport/ssh/trust.ts': { 'for the operator’s own terminal': ['scan', 'file'] },
};

const listed = Object.entries(known).flatMap(([path, reasons]) =>
  Object.values(reasons).flatMap((all) => all.map((expression) => `${path}: ${expression}`)),
);
const found = [...new Set(unquotedValues().map(({ path, expression }) => `${path}: ${expression}`))];

test('what scripts take from outside goes through the place that quotes words', () => {
  const strange = found.filter((one) => !listed.includes(one));
  expect(strange, 'use word() or at() of src/host/shell.ts; what needs neither gets its reason here').toEqual(
    [],
  );
});

test('each value that needs no quotes is still there', () => {
  expect(listed.filter((one) => !found.includes(one))).toEqual([]);
});
