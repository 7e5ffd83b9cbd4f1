import type { Config } from "../config/config.ts";
import { type EndpointLayer, settingsOf, settingsOfAnnotations } from "../config/endpoint_layer.ts";
import { parseTimeout } from "../config/duration.ts";
import { quote, UsageError } from "../config/usage_error.ts";
import { choice, count, hintAt, reason } from "../config/value.ts";
import type { Endpoint } from "../route/endpoint.ts";
import type { EndpointSettings, RedactProfile } from "../route/endpoint_settings.ts";
import { type FlagName, GROUPS } from "./flags.ts";
import { defined, type Given, list, oneByOne, optional } from "./given.ts";
import { signatureKind } from "./signature_kind.ts";
import { parseWebhooks } from "./webhooks.ts";

/*
 * Which endpoints there are, and how each is served. They stand in the file, or are given by flags or variables, never
 * both. What an endpoint of the file says of itself is the most specific; then come flags, variables, the file's
 * `defaults:`, and what is built in.
 */

const { redact: REDACT } = GROUPS["What is sent"];

/** The part of the profile that each word of `--redact` means. */
const REDACTED = {
  "env": ["env"],
  "args": ["args"],
  "annotations": ["annotations"],
  "probe-headers": ["probeHeaders"],
  "all": ["env", "args", "annotations", "probeHeaders"],
} as const satisfies Record<typeof REDACT.words[number], readonly (keyof RedactProfile)[]>;

/**
 * The endpoints of the operator, and how those of pods' annotations are served.
 *
 * @throws {UsageError}
 */
export function chooseEndpoints(
  given: Map<FlagName, Given>,
  config: Config | undefined,
): { endpoints: Endpoint[]; ofAnnotations: EndpointSettings } {
  const ofFlags = readLayer(given);
  const ofFile = defaultsOf(given, config);
  const url = given.get("url");
  if (config?.endpoints !== undefined && url !== undefined) throw namedTwice(config, url);
  const webhooks = url === undefined ? [] : parseWebhooks(url.values, url.from);
  const entries = config?.endpoints ?? webhooks.map((webhook) => ({ ...webhook, layer: {} }));
  const noticed = readNotices(given, entries.map(({ name }) => name));
  const endpoints = entries.map(({ layer, ...entry }): Endpoint => {
    const notices = noticed === undefined ? {} : { notices: noticed.includes(entry.name) };
    return { ...entry, trusted: true, settings: settingsOf(ofFile, ofFlags, notices, layer) };
  });
  return { endpoints, ofAnnotations: settingsOfAnnotations(ofFile, ofFlags) };
}

function namedTwice({ file, endpoints = [] }: Config, { from }: Given): UsageError {
  const way = from.startsWith("--") ? "leave the flag out" : "unset the variable";
  return new UsageError(
    `${file} names endpoints (${endpoints.length}), and so does ${from}: ${way}, or take "endpoints" out of the file.`,
  );
}

/** Secrets that a flag or a variable names take the place of those of `defaults:`. */
function defaultsOf(given: Map<FlagName, Given>, config: Config | undefined): EndpointLayer {
  const { secretFiles, ...rest } = config?.defaults ?? {};
  const isGiven = given.has("secret") || given.has("secret-file");
  return isGiven || secretFiles === undefined ? rest : { ...rest, secretFiles };
}

function readLayer(given: Map<FlagName, Given>): EndpointLayer {
  const signatures = list(given, "signatures", signatureKind);
  const reasons = list(given, "reasons", reason);
  return {
    ...defined("timeout", optional(given, "timeout", parseTimeout)),
    ...defined("concurrency", optional(given, "concurrency", count(1, 1000))),
    ...signatures.length > 0 && { signatures },
    ...reasons.length > 0 && { reasons },
    ...defined("redact", readRedact(given)),
  };
}

function readRedact(given: Map<FlagName, Given>): RedactProfile | undefined {
  const words = list(given, "redact", choice(...REDACT.words));
  if (words.length === 0) return undefined;
  const profile: RedactProfile = {
    env: "none",
    args: "none",
    annotations: "none",
    probeHeaders: "none",
    patterns: [],
  };
  for (const word of words) for (const part of REDACTED[word]) profile[part] = "secrets";
  return profile;
}

/** The endpoints that `--notices` names; undefined where it is not given. */
function readNotices(given: Map<FlagName, Given>, names: readonly string[]): string[] | undefined {
  const notices = given.get("notices");
  if (notices === undefined) return undefined;
  const unknown = notices.values.find((name) => name !== "all" && !names.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `${notices.from} names ${
        quote(unknown)
      }, which is not a webhook: give one that name with --url NAME=URL.${
        hintAt(unknown, [...names, "all"])
      }${oneByOne(unknown, notices.from, (part) => part === "all" || names.includes(part))}`,
    );
  }
  return names.filter((name) => notices.values.includes("all") || notices.values.includes(name));
}
