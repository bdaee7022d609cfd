import type { HostFiles } from './host-files.js';

const unitDirectory = '/etc/systemd/system';

/** What a host does when it boots: modules, settings, then its enabled units in the order that they ask for. */
export function bootScript(files: HostFiles): string {
  const modules = files
    .list('/etc/modules-load.d')
    .flatMap((name) => (files.read(`/etc/modules-load.d/${name}`) ?? '').split('\n'))
    .filter((line) => /^[\w-]+$/.test(line));
  return [
    ...modules.map((name) => `modprobe ${name}`),
    'sysctl -q --system',
    ...bootOrder(enabledUnits(files)).map((name) => `systemctl start '${name}'`),
    ':',
  ].join('\n');
}

interface EnabledUnit {
  readonly name: string;
  readonly after: readonly string[];
  readonly before: readonly string[];
}

function enabledUnits(files: HostFiles): EnabledUnit[] {
  const names = files
    .list(unitDirectory)
    .filter((name) => name.endsWith('.wants') || name.endsWith('.requires'))
    .flatMap((directory) => files.list(`${unitDirectory}/${directory}`));
  return [...new Set(names)].sort().flatMap((name) => {
    const text = files.read(`${unitDirectory}/${name}`);
    return text === undefined ? [] : [{ name, after: words(text, 'After'), before: words(text, 'Before') }];
  });
}

const words = (unit: string, key: string): string[] =>
  [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].flatMap(([, value]) => value!.split(/\s+/));

/** Units so that each comes after those that it wants to come after. Circles are broken, as systemd breaks them. */
export function bootOrder(units: readonly EnabledUnit[]): string[] {
  const order: string[] = [];
  const visiting = new Set<string>();
  const visit = (unit: EnabledUnit) => {
    if (visiting.has(unit.name)) return;
    visiting.add(unit.name);
    for (const other of units)
      if (unit.after.includes(other.name) || other.before.includes(unit.name)) visit(other);
    order.push(unit.name);
  };
  for (const unit of units) visit(unit);
  return order;
}
