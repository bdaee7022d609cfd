import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { permittedCommands } from '../permitted-commands.js';
import { ctr } from './ctr.js';
import { df, mount, swapoff, swapon, sync, umount } from './disks.js';
import { etcdutl } from './etcdutl.js';
import { chown, hostname, id, nproc, stat, systemdSysusers, uname, userdel, usermod } from './identity.js';
import { journalctl } from './journalctl.js';
import { modprobe, sysctl } from './kernel.js';
import { ip, nft, ss } from './network.js';
import { restorecon } from './selinux.js';
import { ssh } from './ssh.js';
import { beginning, type RealCommands, refusedStandIn, type StandIn } from './stand-in.js';
import { systemctl } from './systemctl.js';
import { systemdRun } from './systemd-run.js';
import { unitFunctions } from './unit-functions.js';

const standIns: Readonly<Record<string, StandIn>> = {
  chown,
  ctr,
  df,
  hostname,
  id,
  ip,
  journalctl,
  modprobe,
  mount,
  nft,
  nproc,
  restorecon,
  ss,
  ssh,
  stat,
  swapoff,
  swapon,
  sync,
  sysctl,
  systemctl,
  'systemd-run': systemdRun,
  'systemd-sysusers': systemdSysusers,
  umount,
  uname,
  userdel,
  usermod,
  halt: refusedStandIn,
  poweroff: refusedStandIn,
  reboot: refusedStandIn,
  shutdown: refusedStandIn,
};

/** Makes the one directory that is the PATH of every practice host of a site. */
export function makeCommandDirectory(directory: string, real: RealCommands): void {
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  for (const name of permittedCommands) symlinkSync(real.get(name)!, join(directory, name));
  for (const [name, standIn] of Object.entries(standIns))
    writeExecutable(join(directory, name), beginning + standIn(real));
  writeExecutable(join(directory, '.unit-functions'), beginning + unitFunctions);
  writeExecutable(join(directory, '.etcdutl'), beginning + etcdutl(real));
}

/** Writes a program for practice hosts. */
export function writeExecutable(path: string, text: string): void {
  writeFileSync(path, text);
  // The mode that writeFileSync gives is narrowed by this process's umask.
  chmodSync(path, 0o755);
}
