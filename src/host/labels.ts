import { paths } from './paths.js';

/** There where SELinux is. */
export const selinuxSwitch = '/sys/fs/selinux/enforce';

/**
 * Shell functions: `label PATH…` gives files the SELinux labels that their places ask for, since what is renamed into a
 * place keeps the label of where it came from, and systemd starts nothing with that of /var/lib. `label_all` does so for
 * everything that podstrap noted to have written: before a unit starts, since a run may have been killed right after it
 * renamed a file. They never fail: a file system may have no labels, and whoever needs one says so.
 */
export const labelFunctions = `
label() { [ ! -e "$R${selinuxSwitch}" ] || restorecon "$@" >&2 || :; }
label_all() { [ ! -e "$R${selinuxSwitch}" ] || [ ! -e "$R${paths.applied}" ] || while read -r _ p; do [ ! -e "$R$p" ] || echo "$R$p"; done <"$R${paths.applied}" | restorecon -f - >&2 || :; }`;
