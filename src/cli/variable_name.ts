import { quote, UsageError } from "../config/usage_error.ts";
import { FLAGS } from "./flags.ts";

/** The name of a variable whose value may leave the cluster. */
export function variableName(value: string, from: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) {
    throw new UsageError(`${from} must be the name of an environment variable, not ${quote(value)}.`);
  }
  for (const flag of FLAGS.values()) {
    if (flag.confidential && flag.variables.includes(value)) {
      throw new UsageError(`${from} must not name ${value}: it holds a secret, and secrets are never sent.`);
    }
  }
  return value;
}
