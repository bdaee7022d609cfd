import { z } from 'zod';
import { Failure, unsound } from '../failure.js';

/** More members, addresses and alarms than an etcd has. */
const most = { members: 100, urls: 16, alarms: 1_000 };

/** 64-bit numbers, as the gateway writes them. */
const number = z.string().regex(/^\d{1,20}$/);
const text = z.string().max(1_000);
const version = z.string().regex(/^\d{1,4}\.\d{1,4}(?:\.\d{1,4})?[0-9A-Za-z.+-]{0,64}$/);
const peerUrl = z.string().regex(/^https?:\/\/(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253}):\d{1,5}$/);

export const memberAnswer = z.object({
  ID: number,
  // Names and addresses of members stand in the manifests of others.
  name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{0,253}$/)
    .default(''),
  peerURLs: z.array(peerUrl).max(most.urls).default([]),
  isLearner: z.boolean().default(false),
});

export const memberListAnswer = z.object({ members: z.array(memberAnswer).max(most.members).default([]) });
export const addedAnswer = z.object({ member: memberAnswer });
export const statusAnswer = z.object({
  header: z.object({ member_id: number, cluster_id: number }),
  leader: number.default('0'),
  isLearner: z.boolean().default(false),
  version,
  errors: z.array(text).max(most.alarms).default([]),
  dbSize: number.default('0'),
});
/** Of objects, whose values may be large. */
export const rangeAnswer = z.object({
  kvs: z
    .array(
      z.object({
        key: z.base64().max(4_096),
        value: z.string().default(''),
      }),
    )
    .max(10_000)
    .default([]),
});
export const versionAnswer = z.object({ etcdcluster: version });
export const alarmAnswer = z.object({
  alarms: z
    .array(z.object({ alarm: z.string().regex(/^[A-Z_]{1,32}$/) }))
    .max(most.alarms)
    .default([]),
});

/** An answer of etcd as what it has to be. @throws Failure `unsound` with the host */
export function readAnswer<T extends z.ZodType>(body: string, schema: T, host: string): z.infer<T> {
  try {
    return schema.parse(JSON.parse(body));
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw unsound('its etcd answers with something that etcd would not').at({ host });
  }
}
