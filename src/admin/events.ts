import { type Clock, sleep } from "../runtime/clock.ts";
import type { Admin } from "./admin.ts";
import type { Stream } from "./answer.ts";
import { problem } from "./problem.ts";

/** Milliseconds between two events: more often nobody looks. */
const AT_MOST_EVERY = 1_000;

/** Milliseconds without an event after which a comment shows that both ends are there. */
const HEARTBEAT = 15_000;

/** Milliseconds after which a browser comes again. */
const RETRY = 3_000;

/**
 * Says that something has changed, as server-sent events (WHATWG HTML, 9.2): what, is then to be asked for. So an event costs
 * nothing to make, and to miss some is no loss.
 */
export function changes(admin: Pick<Admin, "subscribe">, clock: Clock): Stream {
  return {
    type: "text/event-stream",
    full: problem(503, "As many as can be follow what changes: end one, or ask again later.", {
      "retry-after": "10",
    }),
    async run(send, signal): Promise<void> {
      let isChanged = false;
      let wake = (): void => {};
      const unsubscribe = admin.subscribe(() => {
        isChanged = true;
        wake();
      });
      try {
        await send(`retry: ${RETRY}\n\n`);
        while (!signal.aborted) {
          const waiting = new AbortController();
          wake = () => waiting.abort();
          signal.addEventListener("abort", wake, { once: true });
          if (!isChanged) await sleep(clock, HEARTBEAT, waiting.signal);
          signal.removeEventListener("abort", wake);
          if (signal.aborted) return;
          const event = isChanged
            ? `event: change\ndata: ${new Date(clock.now()).toISOString()}\n\n`
            : ":\n\n";
          isChanged = false;
          await send(event);
          await sleep(clock, AT_MOST_EVERY, signal);
        }
      } finally {
        unsubscribe();
      }
    },
  };
}
