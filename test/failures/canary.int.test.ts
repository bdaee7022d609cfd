import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { screen } from '../cli/screen.js';
import { foreignAuthority } from '../pki/signed-by-hand.js';
import { needing } from '../programs/needing.js';
import { secretFields, secretFiles } from './secret-fields.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

/** Where a secret may be, and why: everything else that holds one is a leak. */
const places: readonly (readonly [place: string, path: RegExp, secrets: RegExp])[] = [
  // Hosts
  ['containerd reads it', /^host:\S+:\/etc\/containerd\/config\.toml$/, /containerd\.config/],
  [
    'systemd reads it, and tells nobody',
    /^host:\S+:\/etc\/kubernetes\/(containerd|kubelet)\.env$/,
    /\.unit\.|proxy|unit by its value/,
  ],
  ['the kubelet reads it', /^host:\S+:\/var\/lib\/kubelet\/config\.yaml$/, /kubelet\.config/],
  [
    'the kubelet reads it',
    /^host:cp-\d:\/etc\/kubernetes\/manifests\/[\w-]+\.yaml$/,
    /extraEnvs|extraArgs|patches|proxy/,
  ],
  ['a component reads it', /^host:cp-\d:\/etc\/kubernetes\/own\//, /extraFiles/],
  ['a static pod reads it', /^host:\S+:\/var\/lib\/podstrap\/pods\/web\//, /staticPods/],
  ['the user asked for it there', /^host:\S+:\/etc\/example\/token$/, /artifacts\.extraFiles/],
  [
    'the identity of a component or of the node',
    /^host:\S+:(\/etc\/kubernetes\/(pki\/.*\.key|[\w-]+\.conf)|\/var\/lib\/kubelet\/pki\/kubelet\.key)$/,
    /^key /,
  ],
  ['etcd’s own data', /^host:cp-\d:\/var\/lib\/etcd\//, /addons|kubelet\.config/],
  [
    'what runs, as the container runtime keeps it',
    /^host:\S+:\/(run|var\/lib)\/(containerd|kubelet)\/(practice|pods)\//,
    /extraEnvs|extraArgs|patches|proxy|extraFiles/,
  ],
  [
    'what a rollback puts back; who may read it there may read the file itself',
    /^host:\S+:\/var\/lib\/podstrap\/store\/[0-9a-f]{64}$/,
    /^(?!key |authority |spec\.addons|spec\.artifacts\.(mirrors|registries))/,
  ],
  // The operator's machine
  [
    'the inventory of an earlier run, beside the inventory of now',
    /^state:\/generations\//,
    /^(?!key |authority )/,
  ],
  ['the keystore', /^state:\/(pki|kubeconfig)/, /^key /],
  ['the copy of a private file', /^cache:\/blobs\//, /artifacts\.extraFiles/],
  ['a bundle that carries a private file', /^bundle:/, /artifacts\.extraFiles/],
];

let world: World;
const round = { number: 0 };
const canary = (name: string) => `canary${round.number}x${Buffer.from(name).toString('hex')}`;
/** Marker → what it stands for. */
const markers = new Map<string, string>();
const mark = (name: string): string => {
  const marker = canary(name);
  markers.set(marker, name);
  return marker;
};
const screens: string[] = [];
const environment = () => ({
  PLAIN_WORD: mark('containerd.config by its value'),
  UNIT_WORD: mark('unit by its value'),
  FLAG_WORD: mark('extraArgs by its value'),
  REGISTRY_PASSWORD: mark('spec.artifacts.registries.?.password'),
  HTTPS_PROXY: `http://ann:${mark('environment')}@127.0.0.1:9`,
});

// biome-ignore lint/suspicious/noTemplateCurlyInString: podstrap's own, for environment variables
const unitNote = 'NOTE=${UNIT_WORD}';

/** Puts a secret into every place that an inventory has for one. */
async function plant(spec: Spec): Promise<void> {
  const put = (field: string) => mark(field);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: podstrap's own, for environment variables
  const flag = { name: 'vmodule', value: '${FLAG_WORD}=1' };
  const component = (name: string) => ({
    ...(name === 'etcd.local' ? {} : { extraArgs: [flag] }),
    extraEnvs: [{ name: 'WEBHOOK', value: put(`spec.${name}.extraEnvs[].value`) }],
    extraFiles: [{ source: `${name}.txt`, path: `/etc/kubernetes/own/${name}.txt`, secret: true }],
  });
  for (const name of ['apiServer', 'controllerManager', 'scheduler'])
    spec[name] = { ...spec[name], ...component(name) };
  spec.etcd = { local: component('etcd.local') };
  for (const name of ['apiServer', 'controllerManager', 'scheduler', 'etcd.local'])
    await writeFile(join(world.directory, `${name}.txt`), put(`spec.${name}.extraFiles[].source`));
  const auth = (field: string) => ({
    registry: { configs: { 'r.example': { auth: { username: 'ann', password: put(field) } } } },
  });
  spec.containerd = {
    config: {
      plugins: { 'io.containerd.cri.v1.images': auth('spec.containerd.config.?') },
      // Nothing about it tells that it is a secret, but for where it comes from.
      // biome-ignore lint/suspicious/noTemplateCurlyInString: podstrap's own, for environment variables
      debug: { address: '/run/${PLAIN_WORD}' },
    },
    unit: {
      Service: { Environment: [`TOKEN=${put('spec.containerd.unit.?.?')}`, unitNote].join(' ') },
    },
  };
  spec.kubelet = {
    config: { staticPodURLHeader: { Authorization: [`Bearer ${put('spec.kubelet.config.?')}`] } },
    unit: { Service: { Environment: `"TOKEN=${put('spec.kubelet.unit.?.?')} x"` } },
  };
  spec.hosts[0].kubelet = {
    config: { staticPodURLHeader: { 'X-Api-Key': [put('spec.hosts[].kubelet.config.?')] } },
  };
  spec.proxy = {
    httpProxy: `http://ann:${put('spec.proxy.httpProxy')}@127.0.0.1:9`,
    httpsProxy: `http://ann:${put('spec.proxy.httpsProxy')}@127.0.0.1:9`,
    noProxy: '127.0.0.0/8',
  };
  const withUser = (url: string, field: string) => {
    const plain = new URL(url);
    plain.username = 'ann';
    plain.password = put(field);
    return plain.href.replace(/\/$/, '');
  };
  const { mirrors, registries } = spec.artifacts;
  for (const from of Object.keys(mirrors))
    mirrors[from] = withUser(mirrors[from], 'spec.artifacts.mirrors.?');
  for (const one of Object.values(registries) as Spec[]) {
    one.mirror = withUser(one.mirror, 'spec.artifacts.registries.?.mirror');
    one.username = 'ann';
    // biome-ignore lint/suspicious/noTemplateCurlyInString: podstrap's own, for environment variables
    one.password = '${REGISTRY_PASSWORD}';
  }
  const token = join(world.directory, 'token');
  await writeFile(token, put('spec.artifacts.extraFiles[].source'));
  await chmod(token, 0o600);
  spec.artifacts.extraFiles = [{ source: 'token', path: '/etc/example/token', mode: '0600' }];
  await mkdir(join(world.directory, 'addons'), { recursive: true });
  const word = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'word', namespace: 'default' },
    stringData: { word: put('spec.addons[].path') },
  };
  await writeFile(join(world.directory, 'addons/word.yaml'), dump(word));
  spec.addons = [{ name: 'word', path: 'addons' }];
  await mkdir(join(world.directory, 'patches'), { recursive: true });
  const patch = {
    spec: {
      containers: [
        { name: 'kube-scheduler', env: [{ name: 'PATCHED', value: put('spec.patches.directory') }] },
      ],
    },
  };
  await writeFile(join(world.directory, 'patches/kube-scheduler.yaml'), dump(patch));
  spec.patches = { directory: 'patches' };
  await writeFile(join(world.directory, 'pin'), put('spec.staticPods[].files[].secret.file'));
  const web = {
    apiVersion: 'v1',
    kind: 'Pod',
    spec: {
      containers: [{ name: 'web', image: 'registry.k8s.io/kube-scheduler:v1.36.3', command: ['/web'] }],
    },
  };
  await writeFile(join(world.directory, 'web.yaml'), dump(web));
  const files = [{ secret: { file: 'pin' }, path: '/run/secrets/pin' }];
  spec.staticPods = [{ name: 'web', manifest: 'web.yaml', files }];
}

/** Fields for which no program has a flag that takes a secret and that a practice host would start with; see test/desired/secrets.test.ts. */
const elsewhere = /extraArgs\[\]\.value$|^spec\.certificateAuthorities|identityFile$/;

async function podstrap(...args: readonly string[]) {
  const ended = await world.podstrap(args, {
    environment: {
      HOME: world.directory,
      SSH_AUTH_SOCK: undefined,
      KUBECONFIG: undefined,
      NO_COLOR: '1',
      ...environment(),
    },
    onOutput: (text) => screens.push(text),
  });
  return ended;
}

const authorities = ['ca', 'front-proxy-ca', 'etcd-ca'] as const;

beforeAll(async () => {
  world = await startWorld(1, 1);
  // Authorities of the operator's own: only what signs for the cluster itself goes to a host.
  for (const name of authorities) await foreignAuthority(join(world.directory, 'own'), name, new Date());
  await world.edit((spec) => {
    spec.certificateAuthorities = Object.fromEntries(
      authorities.map((name) => [name, { certificate: `own/${name}.crt`, key: `own/${name}.key` }]),
    );
  });
});
afterAll(() => world.close());

it('secrets are nowhere but where they belong: disks, caches, bundles, plans, journals, processes, screens', {
  timeout: 1_800_000,
}, async () => {
  const grow = async () => {
    round.number++;
    const document = load(await readFile(world.file, 'utf8')) as { spec: Spec };
    await plant(document.spec);
    await writeFile(world.file, dump(document));
  };
  const text = await readFile(world.file, 'utf8');
  await writeFile(world.file, `environment: [REGISTRY_PASSWORD, PLAIN_WORD, UNIT_WORD, FLAG_WORD]\n${text}`);
  const processes = watchProcesses();
  const out = (name: string) => join(world.directory, name);
  try {
    for (const _ of [1, 2]) {
      await grow();
      expectEnd(await podstrap('plan', '--out', out('plan.json')), 0);
      expectEnd(await podstrap('plan', '-o', 'json'), 0);
      expectEnd(await podstrap('up', '--yes', '-v'), 0);
      expectEnd(await podstrap('plan', '--detailed-exitcode'), 0);
    }
    expectEnd(await podstrap('up', '--yes', '-o', 'json'), 0);
    for (const command of ['status', 'certs', 'history']) {
      await podstrap(command, '-v');
      await podstrap(command, '-o', 'json');
    }
    expectEnd(await podstrap('render', '--out', out('rendered')), 0);
    expectEnd(await podstrap('bundle', 'create', '--out', out('prod.tar'), '--arch', 'amd64'), 0);
    const runs = (await readdir(join(world.state, 'runs'))).sort().map((name) => name.replace('.jsonl', ''));
    for (const run of runs) await podstrap('history', 'show', run);
    // Of a change that leaves all files of the operator's as they are, since a rollback needs them so.
    const back = await world.edit((spec) => {
      spec.containerd.config.debug.level = 'warn';
    });
    expectEnd(await podstrap('up', '--yes', '-v'), 0);
    await back();
    expectEnd(await podstrap('rollback', '--yes', '-v'), 0);
    expectEnd(await podstrap('up', '--yes', '-v'), 0);
    expectEnd(await world.own(['init', '-f', 'new.yaml'], { onOutput: (said) => screens.push(said) }), 0);
  } finally {
    processes.stop();
  }
  for (const field of [...secretFields, ...secretFiles])
    if (!elsewhere.test(field)) expect([...markers.values()], field).toContain(field);
  await addKeys();

  const leaks = [
    ...found('screen', '', screens.join('')),
    ...processes.found().flatMap(([what, words]) => found('process', what, words)),
    ...(await inFolder('state:', world.state)),
    ...(await inFolder('cache:', out('cache'))),
    ...(await inFolder('rendered:', out('rendered'))),
    ...found('plan', '', await readFile(out('plan.json'), 'utf8')),
    ...(await inFile('bundle:/prod.tar', out('prod.tar'))),
  ];
  for (const { name, root } of world.site.hosts) leaks.push(...(await inFolder(`host:${name}:`, root)));
  expect([...new Set(leaks)].sort()).toEqual([]);

  expectEnd(await podstrap('reset', '--all', '--yes'), 0);
  const left: string[] = [...found('screen', '', screens.join(''))];
  for (const { name, root } of world.site.hosts)
    left.push(
      ...(await inFolder(`host:${name}:`, root, [])).filter(
        (leak) => !/^host:\S+:\/(run|var\/log)\//.test(leak),
      ),
    );
  expect([...new Set(left)].sort()).toEqual([]);
});

const { test } = needing('tmux');

test('the passphrase of a login’s key that somebody types is nowhere', async () => {
  const passphrase = 'canary of a passphrase';
  const locked = join(world.directory, 'locked');
  await copyFile(world.site.identityFile, locked);
  await chmod(locked, 0o600);
  execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', passphrase, '-f', locked]);
  const back = await world.edit((spec) => {
    spec.ssh.identityFile = locked;
  });
  const seen = await screen(['plan', '-v', '--out', join(world.directory, 'locked.json'), '-f', world.file], {
    directory: world.directory,
    environment: environment(),
  });
  await seen.shows('Passphrase of');
  await seen.type(passphrase);
  expect(await seen.ended()).toBe(0);
  await back();
  for (const text of [await seen.written(), await readFile(join(world.directory, 'locked.json'), 'utf8')])
    expect(text).not.toContain(passphrase);
  for (const folder of [world.directory, ...world.site.hosts.map(({ root }) => root)])
    expect(await holders(folder, passphrase)).toEqual([]);
});

/** Files below a folder in which a text is. */
async function holders(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const texts = await Promise.all(files.map((file) => readFile(file, 'latin1').catch(() => '')));
  return files.filter((_, at) => texts[at]!.includes(text));
}

/**
 * The keys of the keystore: of each a part that is the secret one (the number of an elliptic key, with which its public
 * point is in the same file), as it is in PEM and in the base64 of a kubeconfig.
 */
async function addKeys(): Promise<void> {
  const login = await readFile(world.site.identityFile, 'utf8');
  markers.set(login.split('\n').at(-4)!, 'key of the login');
  const kept = (await readdir(join(world.state, 'pki'), { recursive: true })) as string[];
  const files = [
    ...kept.map((name) => [`key ${name}`, join(world.state, 'pki', name)] as const),
    ...authorities.map((name) => {
      const what = name === 'ca' ? 'key of the cluster’s own authority' : `authority ${name}`;
      return [what, join(world.directory, 'own', `${name}.key`)] as const;
    }),
  ];
  for (const [name, file] of files) {
    if (!/\.(pem|key)$/.test(file)) continue;
    const text = await readFile(file, 'utf8');
    const body = /-----BEGIN [A-Z ]*PRIVATE KEY-----\n([^-]+)/.exec(text)?.[1];
    const first = (body ?? text).split('\n')[0]!;
    markers.set(first.slice(-20), name);
    if (body === undefined) continue;
    const at = text.indexOf(first) + first.length - 20;
    markers.set(
      Buffer.from(text)
        .toString('base64')
        .slice(Math.ceil((at * 4) / 3) + 2, Math.ceil((at * 4) / 3) + 22),
      name,
    );
  }
}

/** What of the secrets is in a text, as `WHERE: SECRET`, but for the places where it may be. */
function found(kind: string, where: string, text: string, allowed = places): string[] {
  const at = where === '' ? kind : where;
  return [...markers].flatMap(([marker, secret]) => {
    const forms = [marker, Buffer.from(marker).toString('base64').replace(/=+$/, '')];
    const isThere = forms.some((form) => text.includes(form));
    return isThere && !allowed.some(([, path, secrets]) => path.test(at) && secrets.test(secret))
      ? [`${at}: ${secret}`]
      : [];
  });
}

async function inFile(label: string, file: string, allowed = places): Promise<string[]> {
  const text = (await readFile(file).catch(() => Buffer.alloc(0))).toString('latin1');
  const leaks = found('', label, text, allowed);
  const holds = [...markers.keys()].some((marker) => text.includes(marker));
  // Where one may be, only its owner may read it.
  return holds && !(await isPrivate(file)) ? [...leaks, `${label}: not only its owner may read it`] : leaks;
}

/** True when the file, or a folder above it, is its owner's alone. */
async function isPrivate(file: string): Promise<boolean> {
  for (let path = file; path.startsWith(`${world.directory}/`); path = join(path, '..')) {
    const { mode } = await stat(path);
    if ((mode & (path === file ? 0o077 : 0o011)) === 0) return true;
  }
  return false;
}

async function inFolder(label: string, folder: string, allowed = places): Promise<string[]> {
  const leaks: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    leaks.push(...(await inFile(`${label}${file.slice(folder.length)}`, file, allowed)));
  }
  return leaks;
}

/** Looks again and again at the words and variables of all processes; those of operators have what the shell gave them. */
function watchProcesses() {
  const seen = new Map<string, string>();
  const look = async () => {
    for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const words = await readFile(`/proc/${id}/cmdline`, 'latin1').catch(() => '');
      if (words !== '') seen.set(words, 'words');
      if (words.includes('/cli/bin.js') || words === '') continue;
      const variables = await readFile(`/proc/${id}/environ`, 'latin1').catch(() => '');
      if (variables.includes('canary'))
        seen.set(variables, `variables of ${words.replaceAll('\0', ' ').slice(0, 80)}`);
    }
  };
  let looking = true;
  const turn = (): void => void look().finally(() => looking && setImmediate(turn));
  turn();
  return {
    stop: () => {
      looking = false;
    },
    found: () => [...seen].map(([words, what]) => [what, words] as const),
  };
}
