import { z } from 'zod';

const path = z.string().describe('path on the host');
const mode = z.int().describe('mode as a number: 384 is octal 0600');
const owner = z.strictObject({ uid: z.int(), gid: z.int() }).exactOptional().describe('default: root');
const sha256 = z.string().describe('hex SHA-256 of the content that it is to have');
const size = z.number().describe('bytes that travel');
const name = z.string();
const member = z.string().describe('host of the member');
const manifest = {
  pod: z.string().describe('name of the component'),
  path,
  mode,
  sha256,
  revision: z.string().describe('value of the label podstrap.io/revision'),
};

const action = <Name extends string, Fields extends z.ZodRawShape>(
  what: Name,
  fields: Fields,
  does: string,
) => z.strictObject({ do: z.literal(what), ...fields }).describe(does);

/**
 * The one change that a step makes: the definition that types, the shipped JSON Schema and the check of plan files come
 * from. What is to be written is named by its digest, never held.
 */
export const actionSchema = z.discriminatedUnion('do', [
  action('make-directory', { path, mode, owner }, 'makes it, or replaces what is not a directory'),
  action('write-file', { path, mode, owner, sha256, secret: z.boolean() }, 'writes a whole file'),
  action('set-mode', { path, mode, owner }, 'sets mode and owner'),
  action(
    'remove-file',
    {
      path,
      pod: z.string().exactOptional().describe('a static pod of the user’s own that goes with it'),
      reader: z
        .string()
        .exactOptional()
        .describe('the static pod that reads it until it is switched: it goes after that'),
    },
    'removes it',
  ),
  action(
    'forget-secrets',
    {
      inventories: z
        .array(z.string())
        .describe('runs whose inventories are on the host as they were written'),
      store: z.boolean().describe('whether what finished runs have replaced is still there'),
    },
    'takes out of podstrap’s memory on the host what may hold secrets',
  ),
  action(
    'make-user',
    { name, uid: z.int(), gid: z.int(), file: z.string().describe('what tells systemd-sysusers of it') },
    'makes a user of the system, and its group',
  ),
  action('load-module', { name }, 'loads a kernel module'),
  action('set-sysctl', { name, value: z.string() }, 'sets a kernel setting'),
  action('install-binary', { path, mode, sha256, size }, 'sends an executable'),
  action('import-image', { ref: name, digest: name, size }, 'sends an image into containerd and pins it'),
  action('pin-image', { ref: name }, 'pins an image that is there'),
  action('reload-units', {}, 'systemd reads its units again'),
  action('enable-unit', { name }, 'starts it at every boot'),
  action('start-unit', { name }, 'starts it'),
  action('restart-unit', { name }, 'restarts it'),
  action('set-aside-etcd-data', { path }, 'renames the data of a member that etcd no longer knows'),
  action('own-etcd-data', { path, owner }, 'gives etcd’s data to the user that etcd runs as'),
  action('mark-etcd-birth', { path, owner }, 'lets etcd start with an empty data directory'),
  action('put-manifest', manifest, 'puts a static pod where none of its name can be running'),
  action('switch-manifest', manifest, 'changes a live static pod'),
  action(
    'remove-etcd-member',
    { member, id: z.string() },
    'removes a member whose data is gone, or whose host leaves',
  ),
  action('add-etcd-learner', { member, peerUrl: z.string() }, 'adds it as a learner'),
  action('promote-etcd-member', { member }, 'lets it vote'),
  action('save-snapshot', {}, 'streams etcd’s data to the operator’s machine'),
  action('drain-node', { node: name }, 'cordons it and lets its pods move to other nodes'),
  action('uncordon-node', { node: name }, 'lets pods be scheduled there again'),
  action('remove-object', { object: z.string() }, 'deletes one object that podstrap made'),
  action('stop-control-plane', {}, 'ends the components that need etcd, before its member goes'),
  action('reset-host', {}, 'removes what podstrap put on the host'),
  action(
    'delete-node',
    {
      node: name,
      volumes: z.array(z.string()).exactOptional().describe('claimed volumes that only this node has'),
    },
    'takes the node out of the API',
  ),
  action('apply-object', { object: z.string(), create: z.boolean() }, 'server-side apply of one object'),
]);

/** The one change that a step makes. Plain data. */
export type Action = Readonly<z.output<typeof actionSchema>>;
