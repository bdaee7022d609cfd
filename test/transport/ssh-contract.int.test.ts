import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../../src/transport/connect.js';
import { type Subject, transportContract } from './contract.js';
import { installSudo } from './fake-sudo.js';
import { hostNamed, inventoryOf, optionsOf } from './inventory.js';
import { type SshdOptions, startSshd } from './sshd.js';

interface Case extends SshdOptions {
  /** What the user's shell runs at each login. */
  readonly bashrc?: string;
  readonly viaJump?: boolean;
  readonly sudoPassword?: string;
  readonly client?: 'built-in' | 'openssh';
}

async function subjectOver({
  viaJump,
  sudoPassword,
  client = 'built-in',
  bashrc = '',
  ...options
}: Case): Promise<Subject> {
  const sudo = sudoPassword === undefined ? undefined : installSudo(sudoPassword);
  const environment = { ...options.environment, ...sudo?.environment };
  const sshd = await startSshd({ ...options, environment });
  writeFileSync(join(sshd.directory, '.bashrc'), bashrc);
  const { user, identityFile, port } = sshd;
  const host = hostNamed('cp-1', {
    ssh: {
      client,
      configFile: 'none',
      user,
      identityFile,
      port,
      identitiesOnly: true,
      become: sudo ? 'sudo' : 'none',
      ...(viaJump ? { proxyJump: `${user}@127.0.0.1:${port}` } : {}),
    },
  });
  const prompts = sudo && { secret: async () => sudo.password, confirm: async () => true };
  const options_ = optionsOf({ acceptNewHostKeys: true, ...(prompts ? { prompts } : {}) });
  const another = () => connect(host, inventoryOf([host]), options_);
  const transport = await another();
  return {
    transport,
    another,
    root: options.environment?.PODSTRAP_ROOT ?? '',
    dispose: async () => {
      await transport.close();
      await sshd.stop();
      sudo?.remove();
    },
  };
}

for (const [name, client] of [
  ['SSH', 'built-in'],
  ['OpenSSH', 'openssh'],
] as const) {
  transportContract(name, () => subjectOver({ client }));
  transportContract(`${name} below a root prefix`, () =>
    subjectOver({ client, environment: { PODSTRAP_ROOT: '/some where' } }),
  );
  transportContract(`${name} through a jump host`, () => subjectOver({ client, viaJump: true }));
  transportContract(`${name} with a sudo that asks for a password`, () =>
    subjectOver({ client, sudoPassword: "pass'word $x" }),
  );
  for (const [settings, streams] of [
    [['AllowTcpForwarding no'], 4],
    [['AllowTcpForwarding no', 'MaxSessions 2'], 1],
    [['AllowTcpForwarding no', 'MaxSessions 1'], 1],
    [['MaxSessions 2'], 30],
    [['MaxSessions 1'], 30],
  ] as const)
    transportContract(
      `${name} to a server with ${settings.join(' and ')}`,
      () => subjectOver({ client, settings }),
      { streams },
    );
  const bashrc = 'echo welcome; printf "load: 0.5" >&2';
  transportContract(
    `${name} to a server that forbids forwarding and a shell that prints at login`,
    () => subjectOver({ client, settings: ['AllowTcpForwarding no'], bashrc }),
    { streams: 4 },
  );
}
