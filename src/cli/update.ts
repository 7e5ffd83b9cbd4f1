import { parseImage } from "../update/image.ts";
import type { Given } from "./arguments.ts";
import { parseDuration } from "./duration.ts";
import type { FlagName } from "./flags.ts";
import { defined, list, optional, required } from "./given.ts";
import { quote, UsageError } from "./usage_error.ts";
import { choice, text } from "./value.ts";

/** How the program keeps itself current. Durations are milliseconds. */
export interface UpdateOptions {
  /** What a newer version leads to; `exit` outside a cluster only tells, as `notify` does. */
  mode: "exit" | "notify" | "off";
  /** In place of the image that its own pod names. `parseImage` can read it. */
  image?: string;
  /** A docker `config.json` with the registry's credentials. */
  registryConfig?: string;
  /** `HOST[:PORT]` of registries that are asked by http. */
  insecureRegistries: string[];
  /** Between two looks at the registry, at least a second; absent: 24 h on `latest`, 4 h on `next`. */
  interval?: number;
}

/** @throws {UsageError} */
export function parseUpdate(given: Map<FlagName, Given>): UpdateOptions {
  return {
    mode: required(given, "update", choice("exit", "notify", "off")),
    ...defined("image", optional(given, "image", image)),
    ...defined("registryConfig", optional(given, "registry-config", text)),
    insecureRegistries: list(given, "insecure-registry", registry),
    ...defined("interval", optional(given, "update-interval", interval)),
  };
}

function image(value: string, from: string): string {
  if (parseImage(value) !== undefined) return value;
  throw new UsageError(
    `${from} must be an image such as registry.example.com/k8svent:latest, not ${quote(value)}.`,
  );
}

function registry(value: string, from: string): string {
  if (/^[^/@?#\s]+$/.test(value) && URL.canParse(`http://${value}`)) return value.toLowerCase();
  throw new UsageError(`${from} must be HOST or HOST:PORT, without scheme and path, not ${quote(value)}.`);
}

function interval(value: string, from: string): number {
  const milliseconds = parseDuration(value, from);
  if (milliseconds >= 1_000) return milliseconds;
  throw new UsageError(`${from} must be at least 1s; to look for no update at all, use --update off.`);
}
