import { image, registry, updateInterval } from "../config/update_value.ts";
import { type FlagName, GROUPS } from "./flags.ts";
import { defined, type Given, list, optional, required } from "./given.ts";
import { choice, name } from "../config/value.ts";

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
    mode: required(given, "update", choice(...GROUPS["How it stays current"].update.words)),
    ...defined("image", optional(given, "image", image)),
    ...defined("registryConfig", optional(given, "registry-config", name)),
    insecureRegistries: list(given, "insecure-registry", registry),
    ...defined("interval", optional(given, "update-interval", updateInterval)),
  };
}
