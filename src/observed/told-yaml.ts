import { YAMLException } from 'js-yaml';
import { z } from 'zod';
import { unsound } from '../failure.js';
import { readYaml } from '../read-yaml.js';

/**
 * Reads a YAML text that a host tells.
 * @param what of which file it is the text, as a subject
 * @throws Failure `unsound` for what is no YAML, and for what does not have the form that such a file has
 */
export function toldYaml<T extends z.ZodType>(what: string, text: string, form: T): z.infer<T> {
  let found: unknown;
  try {
    found = readYaml(text);
  } catch (error) {
    if (error instanceof YAMLException) throw unsound(`${what} is not YAML`);
    throw error;
  }
  const { success, data } = form.safeParse(found);
  if (success) return data;
  throw unsound(`${what} does not have the form of such a file`);
}

const port = z.number().int().min(1).max(65_535);
const probe = z
  .looseObject({
    httpGet: z
      .looseObject({
        host: z.string().nullish(),
        port: z.union([port, z.string()]).nullish(),
        path: z.string().nullish(),
        scheme: z.string().nullish(),
      })
      .nullish(),
  })
  .nullish();

/** A static pod, as far as its gates are read from it. */
export const podForm = z.looseObject({
  metadata: z.looseObject({ labels: z.record(z.string(), z.string()).nullish() }).nullish(),
  spec: z.looseObject({
    containers: z
      .array(
        z.looseObject({
          ports: z.array(z.looseObject({ name: z.string().nullish(), containerPort: port })).nullish(),
          readinessProbe: probe,
          livenessProbe: probe,
        }),
      )
      .min(1),
  }),
});

/** A kubelet's configuration, as far as its gate is read from it. */
export const kubeletForm = z.looseObject({
  healthzBindAddress: z.string().nullish(),
  healthzPort: z.number().int().min(0).max(65_535).nullish(),
  port: port.nullish(),
  tlsCertFile: z.string().nullish(),
});
