import { UsageError } from "../config/usage_error.ts";
import { environmentName } from "../config/value.ts";
import { FLAGS } from "./flags.ts";

/** The name of a variable whose value may leave the cluster. */
export function variableName(value: string, from: string): string {
  environmentName(value, from);
  for (const flag of FLAGS.values()) {
    if (flag.confidential && flag.variables.includes(value)) {
      throw new UsageError(`${from} must not name ${value}: it holds a secret, and secrets are never sent.`);
    }
  }
  return value;
}
