import { type Endpoint, endpointName } from "../route/endpoint.ts";
import { UsageError } from "./usage_error.ts";
import { parseWebhookUrl } from "./webhook_url.ts";

/** What stands before the first `=`, unless that is part of a URL (then a `:` or `/` comes first). */
const NAMED = /^([^=:/?#]*)=(.*)$/s;

/** Names stand in logs, metrics and the store, so they are plain words. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/**
 * The endpoints of a list of `[NAME=]URL`. An error names an entry by its number and, where it has one, its
 * host: the rest of a webhook's URL is often its password.
 *
 * @param from the flag or variable that the list came from, for the errors
 * @throws {UsageError} where an entry is no URL of a webhook (see `webhook_url.ts`), a name is not a plain word, or two endpoints
 * would have one name.
 */
export function parseWebhooks(entries: string[], from: string): Endpoint[] {
  const endpoints = entries.map((entry, index) => parseWebhook(entry.trim(), `${from}, entry ${index + 1}`));
  const seen = new Map<string, number>();
  for (const [index, { name }] of endpoints.entries()) {
    const first = seen.get(name);
    if (first !== undefined) {
      throw new UsageError(
        `${from}, entries ${first + 1} and ${index + 1} are both named ${name}: remove one of them, ` +
          "or give them different names (NAME=URL).",
      );
    }
    seen.set(name, index);
  }
  return endpoints;
}

function parseWebhook(entry: string, place: string): Endpoint {
  const [, name, rest] = NAMED.exec(entry) ?? [];
  if (name !== undefined && !NAME.test(name)) {
    throw new UsageError(
      `${place}: what stands before the "=" must be a name of at most 63 letters, digits, ".", "_" and "-".`,
    );
  }
  const url = parseWebhookUrl((rest ?? entry).trim(), place);
  return { name: name ?? endpointName(url), url, trusted: true };
}
