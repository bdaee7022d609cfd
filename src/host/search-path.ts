/**
 * Shell text that sets where programs are found: ours come first, so that each name is the program that podstrap
 * installed. sudo's secure_path lacks /usr/local on hosts of the RHEL family, and a login's PATH may lack /usr/sbin.
 * Practice hosts have programs of their own, and nothing of this machine's.
 */
export const setSearchPath =
  '[ -n "$R" ] || { PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH; export PATH; }';
