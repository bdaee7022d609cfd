/** There where SELinux is. */
export const selinuxSwitch = '/sys/fs/selinux/enforce';

/**
 * Shell function `label PATH…`: gives files the SELinux labels that their places ask for, since what is renamed into a
 * place keeps the label of where it came from, and systemd starts nothing with that of /var/lib. Never fails: a file
 * system may have no labels, and whoever needs one says so.
 */
export const labelFunction = `
label() { [ ! -e "$R${selinuxSwitch}" ] || restorecon "$@" >&2 || :; }`;
