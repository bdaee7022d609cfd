import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { documentReference } from '../../src/cli/documents/reference.js';
import { documentSchemas } from '../../src/cli/documents/schemas.js';
import { program } from '../../src/cli/program.js';
import { root } from '../examples/documents.js';
import { everyCommand } from './every-command.js';

/** Names of the commands that do something, with those above them. */
const names = (command: Command, above = ''): readonly string[] =>
  command.commands.flatMap((one) => {
    const name = `${above}${one.name()}`;
    const below = names(one, `${name} `);
    // A group without an action only shows its help.
    const acts = (one as unknown as { _actionHandler: unknown })._actionHandler != null;
    // What only a shell asks prints what that shell reads.
    const isHidden = (one as unknown as { _hidden: boolean })._hidden;
    return acts && !isHidden ? [name, ...below] : below;
  });

test('every command is held against its schema', () => {
  expect([...new Set(everyCommand.map(({ command }) => command))].sort()).toEqual(
    [...names(program())].sort(),
  );
});

test('every kind of document is printed by some command', () => {
  const printed = new Set(everyCommand.map(({ prints }) => prints));
  const kinds = [...documentSchemas().keys()].filter((kind) => kind !== 'Event');
  expect(kinds.filter((kind) => !printed.has(kind))).toEqual([]);
});

test('the page of fields is what the definitions say', () => {
  const page = readFileSync(join(root, 'docs/json.md'), 'utf8');
  expect(page).toBe(documentReference(documentSchemas()));
});
