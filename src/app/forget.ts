import type { Options } from "./cli/options.ts";
import { ANNOTATION_PREFIX } from "./route/annotation.ts";
import type { Log } from "./runtime/log.ts";
import type { Store } from "./store/store.ts";

/** Forgets endpoints that are no longer configured, and what they are owed. */
export function forgetRemovedEndpoints(store: Store, options: Options, log: Log): void {
  for (const name of store.endpoints.names().filter((name) => !isConfigured(name, options))) {
    const messages = store.transaction(() => store.endpoints.forget(name));
    log.info(
      `Endpoint ${name} is no longer configured: it is forgotten, and ${messages} messages that it was owed.`,
    );
  }
}

/**
 * Forgets what is owed to endpoints whose URL nobody knows any more: pods named them once, and none does now. Of
 * use only when all pods have been seen.
 */
export function forgetUnreachable(store: Store, reaches: (name: string) => boolean, log: Log): void {
  for (const name of store.outbox.endpoints().filter((name) => !reaches(name))) {
    const messages = store.transaction(() => store.endpoints.forget(name));
    log.warn(
      `No pod names the endpoint ${name} any more: ${messages} messages that it was owed are given up.`,
    );
  }
}

/** Endpoints of annotations are not configured one by one; they stay as long as annotations are honoured. */
function isConfigured(name: string, { endpoints, podWebhooks }: Options): boolean {
  if (name.startsWith(ANNOTATION_PREFIX)) return podWebhooks.length > 0;
  return endpoints.some((endpoint) => endpoint.name === name);
}
