import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PracticeSite, startPracticeSite } from '../../src/practice/practice-site.js';
import { type Client, login } from './client.js';

let site: PracticeSite;
let client: Client;

beforeAll(async () => {
  site = await startPracticeSite({
    directory: mkdtempSync(join(tmpdir(), 'practice-')),
    hosts: [{ name: 'cp-1' }],
  });
  client = await login(site.hosts[0]!, site.identityFile);
});

afterAll(async () => {
  expect(site.refused).toEqual([]);
  client.close();
  await site.close({ remove: true });
});

const output = async (script: string, stdin?: string) => {
  const { code, stdout, stderr } = await client.run(script, stdin);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return stdout.trimEnd();
};

/** Runs until it succeeds, as scripts wait for a unit of its own. */
const eventually = (condition: string) =>
  output(`n=0; until ${condition}; do n=$((n+1)); [ $n -lt 200 ] || exit 1; sleep 0.02; done`);

const unit = (name: string, text: string) => output(`cat >"$R/etc/systemd/system/${name}"`, text);

describe('systemctl', () => {
  test('does not know a unit without a file', async () => {
    expect(await client.run('systemctl start kubelet')).toMatchObject({
      code: 5,
      stderr: 'Failed to start kubelet.service: Unit kubelet.service not found.\n',
    });
    expect(await client.run('systemctl is-active kubelet')).toMatchObject({ code: 3, stdout: 'inactive\n' });
    expect(await client.run('systemctl is-enabled kubelet')).toMatchObject({ code: 1 });
    expect(await output('systemctl show -p Id,ActiveState,UnitFileState kubelet.service ssh.service')).toBe(
      'Id=kubelet.service\nActiveState=inactive\nUnitFileState=\n\nId=ssh.service\nActiveState=active\nUnitFileState=enabled',
    );
  });

  test('answers from its memory whether a unit that runs is enabled, until it reads all units again', async () => {
    const name = 'remembered.service';
    await unit(
      name,
      '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n\n[Install]\nWantedBy=multi-user.target\n',
    );
    const state = () => output(`systemctl show -p UnitFileState ${name}; systemctl is-enabled ${name} || :`);
    await output(`systemctl start ${name}`);
    expect(await state()).toBe('UnitFileState=disabled\ndisabled');
    await output(`systemctl enable -q --no-reload ${name}`);
    expect(await state()).toBe('UnitFileState=disabled\nenabled');
    await output('systemctl daemon-reload');
    expect(await state()).toBe('UnitFileState=enabled\nenabled');
    await output(`rm "$R/etc/systemd/system/multi-user.target.wants/${name}"`);
    expect(await state()).toBe('UnitFileState=enabled\ndisabled');
    await output(`ln -sfn /dev/null "$R/etc/systemd/system/${name}"; systemctl daemon-reload`);
    expect(await state()).toBe('UnitFileState=masked\nmasked');
    await output(
      `systemctl disable -q --now ${name}; rm "$R/etc/systemd/system/${name}"; systemctl daemon-reload`,
    );
  });

  test('starts nothing whose program is not there', async () => {
    await unit(
      'containerd.service',
      '[Service]\nExecStartPre=-/sbin/modprobe overlay\nExecStart=/usr/local/bin/containerd\nType=notify\n\n[Install]\nWantedBy=multi-user.target\n',
    );
    expect(await client.run('systemctl start containerd')).toMatchObject({ code: 1 });
    expect(await output('systemctl show -p ActiveState,Result,ExecMainStatus containerd')).toBe(
      'ActiveState=failed\nResult=exit-code\nExecMainStatus=203',
    );
    await output('touch "$R/usr/local/bin/containerd"; chmod 755 "$R/usr/local/bin/containerd"');
    await output(
      'systemctl start containerd && [ -e "$R/run/containerd/containerd.sock" ] && grep -q overlay "$R/proc/modules"',
    );
    expect(await output('systemctl is-active containerd')).toBe('active');
  });

  test('leaves a process the program that it began with when another takes its place on the disk', async () => {
    const put = (says: string) =>
      output(
        'cat >"$R/usr/local/bin/.new" && chmod 755 "$R/usr/local/bin/.new" && mv -f "$R/usr/local/bin/.new" "$R/usr/local/bin/containerd"',
        `#!/bin/sh\necho ${says}\n`,
      );
    const look = () =>
      output(
        'x=$R/proc/$(systemctl show -p MainPID --value containerd)/exe; readlink "$x"; "$x"; "$R/usr/local/bin/containerd"',
      );
    await put('one');
    await output('systemctl restart containerd');
    expect(await look()).toBe('containerd\none\none');
    await put('two');
    expect(await look()).toBe('containerd (deleted)\none\ntwo');
    await output('systemctl restart containerd');
    expect(await look()).toBe('containerd\ntwo\ntwo');
    await output('systemctl stop containerd');
    expect(await output('ls -d "$R"/proc/*/exe 2>/dev/null || :')).toBe('');
    await output('systemctl start containerd');
  });

  test('enables and disables by links', async () => {
    await output('systemctl enable -q containerd');
    expect(
      await output(
        'systemctl is-enabled containerd; readlink "$R/etc/systemd/system/multi-user.target.wants/containerd.service"',
      ),
    ).toBe('enabled\n../containerd.service');
    await output('systemctl disable --now containerd');
    expect(await client.run('systemctl is-enabled containerd; systemctl is-active containerd')).toMatchObject(
      {
        stdout: 'disabled\ninactive\n',
      },
    );
  });

  test('keeps to the unit file that it has read, until daemon-reload', async () => {
    await unit(
      'note.service',
      '[Service]\nType=oneshot\nExecStart=/bin/sh -c \'echo one >>"$PODSTRAP_ROOT/tmp/note"\'\n',
    );
    await output('systemctl start note');
    await unit(
      'note.service',
      '[Service]\nType=oneshot\nExecStart=/bin/sh \\\n  -c \'echo two >>"$PODSTRAP_ROOT/tmp/note"\'\n',
    );
    expect(
      await output('systemctl start note; systemctl daemon-reload; systemctl start note; cat "$R/tmp/note"'),
    ).toBe('one\none\ntwo');
  });

  test('enables a unit without reading it again where it is told so', async () => {
    const text = (what: string) =>
      `[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo ${what} >>"$PODSTRAP_ROOT/tmp/unread"'\n[Install]\nWantedBy=multi-user.target\n`;
    await unit('unread.service', text('one'));
    await output('systemctl start unread');
    await unit('unread.service', text('two'));
    const look = 'systemctl show -p LoadState,NeedDaemonReload unread';
    expect(await output(`systemctl enable -q --no-reload unread; ${look}; systemctl start unread`)).toBe(
      'LoadState=loaded\nNeedDaemonReload=yes',
    );
    expect(
      await output(`systemctl enable -q unread; ${look}; systemctl start unread; cat "$R/tmp/unread"`),
    ).toBe('LoadState=loaded\nNeedDaemonReload=no\none\none\ntwo');
  });

  test('keeps a link of the time at which a unit started, as long as it is active', async () => {
    const rest = '\n[Install]\nWantedBy=multi-user.target\n';
    await unit('once.service', `[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n${rest}`);
    const links = () => output('ls "$R/run/systemd/units" | grep once || :');
    await output('systemctl start once');
    expect(await links()).toBe('invocation:once.service');
    await output('systemctl stop once');
    expect(await links()).toBe('');
  });

  test('says that a failing oneshot failed, and what it wrote', async () => {
    await unit('bad.service', "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo cannot; exit 3'\n");
    expect(await client.run('systemctl start bad')).toMatchObject({ code: 1 });
    expect(await output('journalctl -u bad -n 5 --no-pager -o cat')).toBe('cannot');
    await output('systemctl reset-failed bad');
  });

  test('runs a service until it is stopped', async () => {
    await unit('loop.service', "[Service]\nExecStart=/bin/sh -c 'while :; do sleep 0.1; done'\n");
    await output('systemctl start loop');
    await eventually('[ "$(systemctl show -p MainPID --value loop)" != 0 ]');
    const pid = await output('systemctl show -p MainPID --value loop');
    await output(`kill -0 ${pid}; systemctl stop loop`);
    // Ended, or a zombie that only waits for the machine's init.
    await output(`! { read -r _ _ s _ </proc/${pid}/stat && [ "$s" != Z ]; } 2>/dev/null`);
  });
});

describe('systemd-run', () => {
  test('outlives the connection', async () => {
    const other = await login(site.hosts[0]!, site.identityFile);
    await other.run(
      'mkfifo "$R/tmp/gate"; systemd-run --unit=long --collect --no-block --quiet /bin/sh -c \'read -r x <"$1/tmp/gate"; echo done >"$1/tmp/long"\' sh "$R"',
    );
    site.faults('cp-1').cut();
    await other.closed;
    client = await login(site.hosts[0]!, site.identityFile);
    expect(await output('systemctl is-active long')).toBe('active');
    await output('echo go >"$R/tmp/gate"');
    await eventually('[ -e "$R/tmp/long" ] && ! systemctl is-active -q long');
  });

  test("starts without the caller's variables", async () => {
    expect(
      await output('X=1 Y=2 systemd-run -q --pipe --setenv=Y="it\'s two" sh -c \'echo "$X,$Y,$R"\''),
    ).toBe(",it's two,");
  });

  test('waits and gives the exit code when asked', async () => {
    expect(await client.run('systemd-run -q --wait --collect --unit=w sh -c "exit 4"')).toMatchObject({
      code: 4,
    });
  });

  test('ends a unit at its deadline and runs what comes after it', async () => {
    await client.run(
      `systemd-run -q --wait --unit=slow --property=RuntimeMaxSec=0.2 --property=ExecStopPost="/bin/sh -c 'echo after >\\"$R/tmp/after\\"'" sleep 60`,
    );
    expect(await output('cat "$R/tmp/after"; systemctl is-failed slow')).toBe('after\nfailed');
  });

  test('refuses a second unit of the same name', async () => {
    await output('systemd-run -q --unit=twice --collect sleep 60');
    expect(await client.run('systemd-run -q --unit=twice sleep 60')).toMatchObject({ code: 1 });
    await output('systemctl stop twice');
  });
});

describe('a loss of power', () => {
  test('ends every process and empties /run; enabled units start again', async () => {
    await output(
      'systemctl enable -q --now containerd; mkdir "$R/etc/modules-load.d"; echo br_netfilter >"$R/etc/modules-load.d/k.conf"',
    );
    await output('systemd-run -q --unit=victim sleep 1000; cat "$R/proc/sys/kernel/random/boot_id"');
    const before = await output('cat "$R/proc/sys/kernel/random/boot_id"');
    await site.powerCut('cp-1');
    await client.closed;
    await expect(login(site.hosts[0]!, site.identityFile)).rejects.toThrow(/ECONNREFUSED/);
    await site.powerOn('cp-1');
    client = await login(site.hosts[0]!, site.identityFile);
    expect(await output('cat "$R/proc/sys/kernel/random/boot_id"')).not.toBe(before);
    expect(await client.run('systemctl is-active victim')).toMatchObject({ stdout: 'inactive\n' });
    await output('systemctl is-active -q containerd && grep -q br_netfilter "$R/proc/modules"');
  });
});
