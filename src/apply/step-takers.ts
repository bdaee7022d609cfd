import type { Action } from '../plan/action.js';

/** Who takes a step. */
type Taker =
  | 'host script'
  | 'transfer'
  | 'switch'
  | 'etcd'
  | 'snapshot'
  | 'node'
  | 'leaving'
  | 'API'
  | 'memory';

/** Every kind of step, and who takes it: a kind that is not here does not compile, nor does one that its taker lacks. */
export const stepTakers = {
  'make-directory': 'host script',
  'write-file': 'host script',
  'set-mode': 'host script',
  'remove-file': 'host script',
  'make-user': 'host script',
  'load-module': 'host script',
  'set-sysctl': 'host script',
  'pin-image': 'host script',
  'reload-units': 'host script',
  'enable-unit': 'host script',
  'start-unit': 'host script',
  'restart-unit': 'host script',
  'set-aside-etcd-data': 'host script',
  'own-etcd-data': 'host script',
  'mark-etcd-birth': 'host script',
  'put-manifest': 'host script',
  'install-binary': 'transfer',
  'import-image': 'transfer',
  'switch-manifest': 'switch',
  'remove-etcd-member': 'etcd',
  'add-etcd-learner': 'etcd',
  'promote-etcd-member': 'etcd',
  'save-snapshot': 'snapshot',
  'drain-node': 'node',
  'uncordon-node': 'node',
  'delete-node': 'node',
  'stop-control-plane': 'leaving',
  'reset-host': 'leaving',
  'apply-object': 'API',
  'remove-object': 'API',
  'forget-secrets': 'memory',
} as const satisfies Readonly<Record<Action['do'], Taker>>;

/** The kinds of steps that this one takes. */
export type TakenBy<Who extends Taker> = {
  [Kind in Action['do']]: (typeof stepTakers)[Kind] extends Who ? Kind : never;
}[Action['do']];

/** What someone does for each kind of step that is theirs. */
export type TakerOf<Kind extends Action['do'], Args extends readonly unknown[], Result> = {
  readonly [One in Kind]: (action: Extract<Action, { readonly do: One }>, ...args: Args) => Result;
};
