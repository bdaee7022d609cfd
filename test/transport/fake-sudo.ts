import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../../src/secret.js';

/** A stand-in for sudo that asks, refuses and complains as sudo does, and changes nobody's rights. */
export interface FakeSudo {
  readonly password: Secret;
  /** Where it is. */
  readonly file: string;
  /** For the sessions that are to find it. */
  readonly environment: { readonly PATH: string };
  /** Arguments of every call, for looking whether something secret is among them. */
  calls(): string;
  /** Every password that was typed, one per line. */
  typed(): string;
  remove(): void;
}

/**
 * @param password undefined: it refuses this user without asking
 * @param also asked after the password, as PAM's modules do
 */
export function installSudo(password: string | undefined, also?: string): FakeSudo {
  const directory = mkdtempSync(join(tmpdir(), 'podstrap-sudo-'));
  const file = (name: string) => join(directory, name);
  const content = (name: string) => (existsSync(file(name)) ? readFileSync(file(name), 'utf8') : '');
  if (password !== undefined) writeFileSync(file('password'), password);
  if (also !== undefined) writeFileSync(file('also'), also);
  writeFileSync(file('sudo'), source(directory));
  chmodSync(file('sudo'), 0o755);
  return {
    file: file('sudo'),
    password: new Secret(password ?? ''),
    environment: { PATH: `${directory}:/usr/local/bin:/usr/bin:/bin` },
    calls: () => content('calls'),
    typed: () => content('typed'),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

const source = (directory: string): string => `#!/bin/sh
# Refuses options that it does not know.
echo "$*" >>${directory}/calls
[ "$1 $2" = "-S -p" ] && [ "$4" = -- ] || { echo "sudo: usage" >&2; exit 1; }
prompt=$3; shift 4
echo 'We trust you have received the usual lecture.' >&2
[ -e ${directory}/password ] || { echo "you is not in the sudoers file." >&2; exit 1; }
for attempt in 1 2 3; do
  printf %s "$prompt" >&2
  IFS= read -r typed || { echo >&2; echo "sudo: no password was provided" >&2; exit 1; }
  echo "$typed" >>${directory}/typed
  if [ "$typed" = "$(cat ${directory}/password)" ]; then
    [ -e ${directory}/also ] || exec "$@"
    cat ${directory}/also >&2
    IFS= read -r answer
    exit 1
  fi
  echo >&2
  echo "Sorry, try again." >&2
done
echo "sudo: 3 incorrect password attempts" >&2
exit 1
`;
