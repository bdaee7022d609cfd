/** As much of a Pod of people's own as podstrap adds to. */
export interface UserPod {
  readonly metadata?: Readonly<Record<string, unknown>> & {
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>> & {
    readonly containers?: readonly UserContainer[];
    readonly initContainers?: readonly UserContainer[];
    readonly volumes?: readonly unknown[];
    readonly priority?: number;
    readonly priorityClassName?: string;
    readonly restartPolicy?: string;
    readonly securityContext?: SecurityContext;
  };
  readonly [field: string]: unknown;
}

export interface UserContainer {
  readonly name?: string;
  readonly image?: string;
  readonly volumeMounts?: readonly unknown[];
  readonly securityContext?: SecurityContext;
  readonly [field: string]: unknown;
}

interface SecurityContext {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
}
