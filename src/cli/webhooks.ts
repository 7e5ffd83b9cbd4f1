import { endpointName } from "../route/endpoint.ts";
import { UsageError } from "../config/usage_error.ts";
import { isEndpointName } from "../config/value.ts";
import { parseWebhookUrl } from "../config/webhook_url.ts";

/** What stands before the first `=`, unless that is part of a URL (then a `:` or `/` comes first). */
const NAMED = /^([^=:/?#]*)=(.*)$/s;

/** A webhook as it was given. */
export interface Webhook {
  name: string;
  url: URL;
}

/**
 * The webhooks of a list of `[NAME=]URL`. An error names an entry by its number and, where it has one, its
 * host: the rest of a webhook's URL is often its password.
 *
 * @param from the flag or variable that the list came from, for the errors
 * @throws {UsageError} where an entry is no URL of a webhook (see `webhook_url.ts`), a name is not a plain word, or two endpoints
 * would have one name.
 */
export function parseWebhooks(entries: string[], from: string): Webhook[] {
  const webhooks = entries.map((entry, index) => parseWebhook(entry.trim(), `${from}, entry ${index + 1}`));
  const seen = new Map<string, number>();
  for (const [index, { name }] of webhooks.entries()) {
    const first = seen.get(name);
    if (first !== undefined) {
      throw new UsageError(
        `${from}, entries ${first + 1} and ${index + 1} are both named ${name}: remove one of them, ` +
          "or give them different names (NAME=URL).",
      );
    }
    seen.set(name, index);
  }
  return webhooks;
}

function parseWebhook(entry: string, place: string): Webhook {
  const [, name, rest] = NAMED.exec(entry) ?? [];
  if (name !== undefined && !isEndpointName(name)) {
    throw new UsageError(
      `${place}: what stands before the "=" must be a name of at most 63 letters, digits, ".", "_" and "-".`,
    );
  }
  const url = parseWebhookUrl((rest ?? entry).trim(), place);
  return { name: name ?? endpointName(url), url };
}
