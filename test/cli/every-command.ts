/** What a story of every command knows. */
export interface Desk {
  readonly directory: string;
  /** Name of the first run of the cluster's history. */
  readonly run: string;
}

/** One command line of the story, and what it prints with `-o json`. */
export interface Call {
  /** Its name, with that of the command above it. */
  readonly command: string;
  readonly words: (desk: Desk) => readonly string[];
  /** Kind of the document; of events, the last one. */
  readonly prints: string;
  readonly code?: number;
}

const call = (
  line: string,
  prints: string,
  code = 0,
  words: Call['words'] = () => line.split(' '),
): Call => ({
  command: /^(?:(?:bundle|encryption|etcd|practice) [a-z]+|certs renew|history show|[a-z]+)/.exec(line)![0],
  words,
  prints,
  code,
});

/**
 * Every command of podstrap, in an order in which each has something to say, on one practice host, in its folder.
 * Whoever adds a command adds its line here.
 */
export const everyCommand: readonly Call[] = [
  call('init -f new.yaml', 'InventoryFile'),
  call('init -f new.yaml', 'failed', 64),
  call('validate', 'InventoryValidation'),
  call('explain spec.etcd', 'Field'),
  call('explain spec.etdc', 'failed', 64),
  call('images', 'ImageList'),
  call('version', 'Versions'),
  call('completion bash', 'CompletionScript'),
  call('plan', 'Plan'),
  call('up', 'failed', 64),
  call('up --yes', 'result'),
  call('up --yes', 'result'),
  call('plan', 'Plan'),
  call('plan --phase nonsense', 'failed', 64),
  call('status', 'Status'),
  call('status --by host', 'Status'),
  call('pods', 'PodList'),
  call('top', 'Usage'),
  call('logs etcd --tail 1', 'LogLine'),
  call('exec cp-1 kube-apiserver -- true', 'Executed'),
  // Practice hosts run no pods.
  call('check --wait 1s', 'CheckReport', 1),
  call('check --cis', 'CisReport', 1),
  call('certs', 'CertificateList'),
  call('certs renew apiserver --yes', 'result'),
  call('encryption status', 'EncryptionStatus'),
  call('encryption rotate --yes', 'failed', 1),
  call('encryption migrate --yes', 'failed', 1),
  call('encryption disable --yes', 'EncryptionChange'),
  call('history', 'RunList'),
  call('history --all --hosts', 'RunList'),
  call('history show', 'Run', 0, ({ run }) => ['history', 'show', run]),
  call('etcd snapshot --out then.db', 'Snapshot'),
  call('etcd restore then.db', 'failed', 64),
  call('etcd restore then.db --yes', 'result'),
  call('rollback --yes', 'result'),
  call('render --out files', 'RenderedFiles'),
  call('kubeconfig', 'KubeconfigFile'),
  call('kubeconfig --merge other', 'KubeconfigFile'),
  call('kubeconfig --stdout', 'Config'),
  call('unlock', 'UnlockedHosts'),
  // No cluster has a stage that waits for it.
  call('approve canary', 'failed', 64),
  call('bundle create --out a.tar', 'BundleFile'),
  call('bundle verify a.tar', 'BundleVerification'),
  call('bundle show a.tar', 'Bundle'),
  call('bundle diff a.tar a.tar', 'BundleDiff'),
  call('bundle merge a.tar a.tar --out b.tar', 'BundleFile'),
  call('bundle sign --key bundle.key a.tar', 'BundleSignature'),
  call('reset --all', 'failed', 64),
  call('reset --all --yes', 'result'),
  // What it prints when all is well is kubectl's own.
  call('kubectl', 'failed', 75, () => ['kubectl', 'version']),
  call('demo', 'result'),
  call('practice start every --control-planes 1', 'PracticeHosts'),
  call('practice list', 'PracticeHostsList'),
  call('practice stop every', 'StoppedPracticeHosts'),
];
