import { Failure } from '../../failure.js';
import { Secret } from '../../secret.js';
import { parseDuration } from '../duration.js';
import type { Inventory } from '../inventory.js';
import { secretKey, secretOrigin } from './secret-key.js';
import { selects } from './selects.js';
import { templateValues } from './template-values.js';

/** What came of a program: what it printed, or why there is nothing of it, in words that show nothing of what it printed. */
export type Printed = { readonly text: string } | { readonly problem: string };

/** A program that prints a secret. */
export interface SecretCommand {
  /** Of the secret. */
  readonly key: string;
  readonly command: readonly string[];
  /** Milliseconds that it may take. */
  readonly limit: number;
  /** As in `spec.staticPods[0].files[1].secret.command`. */
  readonly path: string;
}

/**
 * The inventory with the secrets that its commands have printed. Pure.
 * @throws Failure `inventory` naming every command that failed or printed nothing
 */
export function withPrinted(
  inventory: Inventory,
  wanted: readonly SecretCommand[],
  printed: ReadonlyMap<string, Printed>,
): Inventory {
  const problems = wanted.flatMap(({ key, command, path }) => {
    const said = printed.get(key)!;
    const problem =
      'problem' in said ? said.problem : said.text.trim() === '' ? 'it printed nothing' : undefined;
    return problem === undefined ? [] : [`${inventory.placeOf(path)}  ${command[0]}: ${problem}`];
  });
  if (problems.length > 0)
    throw new Failure({
      kind: 'inventory',
      doing: `Running the commands that ${inventory.file} takes secrets from`,
      said: [...new Set(problems)].join('\n'),
      next: 'Run the command by hand in the inventory’s folder; podstrap shows nothing of what it prints. No host was touched.',
    });
  const secrets = wanted.map(({ key }) => {
    const said = printed.get(key)!;
    return [key, new Secret('text' in said ? said.text : '')] as const;
  });
  return {
    ...inventory,
    secrets: new Map([...inventory.secrets, ...secrets]),
    hidden: [...inventory.hidden, ...secrets.flatMap(([, secret]) => hiddenLines(secret))],
  };
}

/** A secret and its lines as far as they can be told from other text, which nobody is to see wherever they turn up. */
export const hiddenLines = (secret: Secret): readonly Secret[] =>
  [...new Set(secret.reveal().split(/\r?\n/))]
    .filter((line) => line.length >= 8 && !/^-----(BEGIN|END) /.test(line))
    .map((line) => new Secret(line));

/** The commands that an inventory takes secrets from, every list of arguments once. Pure. */
export function secretCommands(inventory: Inventory): readonly SecretCommand[] {
  const wanted = new Map<string, SecretCommand>();
  for (const { entry, index } of inventory.staticPods)
    for (const [at, { secret }] of entry.files.entries()) {
      if (secret?.command === undefined) continue;
      for (const host of inventory.spec.hosts) {
        if (!selects(entry.hosts, host)) continue;
        const origin = secretOrigin(secret, templateValues(inventory, host));
        if (origin?.from !== 'command') continue;
        const key = secretKey(origin);
        if (wanted.has(key)) continue;
        const path = `spec.staticPods[${index}].files[${at}].secret.command`;
        wanted.set(key, { key, command: origin.command, limit: parseDuration(secret.timeout), path });
      }
    }
  return [...wanted.values()];
}
