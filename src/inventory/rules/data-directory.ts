import { dirname, normalize } from 'node:path/posix';
import { paths } from '../../host/paths.js';
import type { Path } from '../path.js';
import type { Finding } from '../reading/finding.js';
import type { Rule } from './rule.js';

const path: Path = ['spec', 'etcd', 'local', 'dataDir'];

/** Folders that belong to the system with all that is in them: what vanishes at a boot, programs, devices. */
const ofTheSystem = words(`
  /bin /boot /dev /lib /lib32 /lib64 /libx32 /proc /run /sbin /sys /tmp /usr /var/lock /var/run /var/tmp
  /var/lib/apt /var/lib/dpkg /var/lib/rpm /var/lib/systemd /lost+found`);

/** Folders in which others have theirs: one of them below is etcd's, they themselves are not. */
const ofEverybody = words(`
  / /etc /home /media /mnt /opt /root /srv /var /var/backups /var/cache /var/lib /var/local /var/log /var/mail /var/opt
  /var/spool`);

/** Folders of podstrap, the kubelet and the container runtime. */
const ofOthers = [
  paths.kubernetes,
  paths.podstrap,
  dirname(paths.kubeletConfig),
  dirname(paths.podNetworkConfig),
  ...words(`
    /etc/cni /etc/containerd /etc/systemd /etc/sysusers.d /opt/cni /opt/containerd /var/lib/calico /var/lib/cni /var/lib/containerd
    /var/lib/containers /var/lib/docker /var/log/containers /var/log/pods`),
];

/** etcd's data is made, moved aside and deleted as a folder: it must be one that nothing else is in, or around. */
export const dataDirectoryRule: Rule = (draft) => {
  const given = draft.spec?.etcd?.local?.dataDir;
  if (given === undefined) return [];
  const found = problemOf(given);
  if (found === undefined) return [];
  const finding: Finding = {
    path,
    found,
    expected: 'a folder of its own, such as /var/lib/etcd or /data/etcd',
  };
  return [finding];
};

/** What is wrong with a folder for data; undefined when nothing is. Pure. */
export function problemOf(given: string): string | undefined {
  if (/[\u0000-\u001f\u007f]/.test(given)) return 'a path with control characters';
  const directory = normalize(given).replace(/(?<=.)\/$/, '');
  if (directory !== given.replace(/(?<=.)\/$/, '')) return `${given}, which is ${directory}`;
  if (ofEverybody.includes(directory) || /^\/home\/[^/]+$/.test(directory))
    return `${directory}, in which other things are as well`;
  const system = ofTheSystem.find((one) => isWithin(directory, one));
  if (system !== undefined) return `${directory}: ${system} belongs to the system`;
  const other = ofOthers.find((one) => isWithin(directory, one) || isWithin(one, directory));
  if (other !== undefined)
    return `${directory}: ${other} belongs to podstrap, the kubelet or the container runtime`;
  return undefined;
}

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
