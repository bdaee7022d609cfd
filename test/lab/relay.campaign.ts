import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { nodesOf } from './api-objects.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { until } from './until.js';

const hosts = namedHosts('relay', 3, 91);
const [first, second, third] = hosts as [LabHost, LabHost, LabHost];
const user = 'opsn';
const incoming = '/var/lib/podstrap/incoming';

describe('three hosts pass on what they are sent, for a user with sudo', () => {
  let lab: Lab;
  let operator: Operator;
  let before: readonly string[];
  let run: string;
  beforeAll(async () => {
    lab = await startLab({ hosts });
    operator = await newOperator(lab, { ...inject('artifacts'), relay: true });
    await operator.write({
      ssh: { user, become: 'sudo' },
      hosts: hosts.map((host) => ({ ...host, roles: [host === first ? 'control-plane' : 'worker'] })),
    });
    before = hosts.map(authorizedKeys);
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });

  const keysFile = ({ name }: LabHost) => lab.path(name, `/home/${user}/.ssh/authorized_keys`);
  const authorizedKeys = (host: LabHost) => readFileSync(keysFile(host), 'utf8');
  const relayFolders = ({ name }: LabHost) =>
    readdirSync(lab.path(name, incoming)).filter((entry) => entry.startsWith('relay-'));
  /** What comes of a login at the first host with the key that another got for the run that was killed. */
  const logIn = async (from: LabHost, keyFile: string, command: string) => {
    const options = [
      'BatchMode=yes',
      'IdentitiesOnly=yes',
      'StrictHostKeyChecking=no',
      'UserKnownHostsFile=/dev/null',
    ];
    const words = [...options.flatMap((one) => ['-o', one]), '-i', keyFile, `${user}@${first.ip}`, command];
    const { stdout } = await lab.exec(from.name, `ssh ${words.join(' ')} 2>&1; echo "exit code $?"`);
    return stdout;
  };

  it('an operator who is killed leaves keys that are good for a list of blobs and nothing else', async () => {
    const slowly = ['up', '--yes', '--accept-new-host-keys', '--max-upload', '4M'];
    const ended = operator.podstrap(slowly, {
      onStart: (child) =>
        void until('the first host admits the others', async () =>
          authorizedKeys(first).includes('podstrap-relay:'),
        ).finally(() => child.kill('SIGKILL')),
    });
    expect((await ended).code).toBe(137);
    run = relayFolders(first)[0]!;
    const lines = authorizedKeys(first)
      .split('\n')
      .filter((line) => line.includes('podstrap-relay:'));
    expect(lines.map((line) => /from="([^"]*)"/.exec(line)?.[1]).sort()).toEqual([second.ip, third.ip]);
    for (const line of lines)
      expect(line).toMatch(/^restrict,from="[^"]+",expiry-time="\d{14}",command="sudo -n sh \//);
    const keyFile = `${incoming}/${run}/key`;
    const handOut = 'nothing else\nexit code 64';
    expect(await logIn(second, keyFile, 'id')).toContain(handOut);
    expect(await logIn(second, keyFile, '../key 0')).toContain(handOut);
    // Another host that got hold of it.
    await lab.read(
      third.name,
      `umask 077; echo '${await lab.read(second.name, `cat ${keyFile}`)}' >/root/stolen`,
    );
    expect(await logIn(third, '/root/stolen', 'id')).toContain('Permission denied');
    await lab.read(third.name, 'rm /root/stolen');
  });

  it('and none at all once their time is over', async () => {
    const past = authorizedKeys(first).replaceAll(/expiry-time="\d{14}"/g, 'expiry-time="20200101000000"');
    writeFileSync(keysFile(first), past);
    expect(await logIn(second, `${incoming}/${run}/key`, 'id')).toContain('Permission denied');
  });

  it('the next run feeds hosts by hosts, and leaves their authorized_keys as they were', async () => {
    const { stderr } = await must(operator.up());
    expect(stderr).not.toContain('artifacts on');
    await nothingToDo(operator);
    expect(await nodesOf(operator, first.ip)).toEqual(hosts.map(({ name }) => name));
    expect(hosts.map(authorizedKeys)).toEqual(before);
    expect(hosts.flatMap(relayFolders)).toEqual([]);
    const accepted = await lab.read(first.name, 'journalctl -o cat _COMM=sshd _COMM=sshd-session');
    for (const { ip } of [second, third])
      expect(accepted).toContain(`Accepted publickey for ${user} from ${ip}`);
  });
});
