import type { Clock } from "../runtime/clock.ts";

/**
 * The same answer, whose body is given up when nothing comes for so long while somebody reads it. A connection
 * that died in the middle of an answer would be waited for without end: `fetch` has no TCP keepalive.
 *
 * @param milliseconds between two pieces, at the most
 * @param giveUp ends the request; the reading of the body then fails
 */
export function endSilence(
  response: Response,
  milliseconds: number,
  clock: Clock,
  giveUp: () => void,
): Response {
  const reader = response.body?.getReader();
  if (reader === undefined) return response;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller): Promise<void> {
      const cancel = clock.after(milliseconds, giveUp);
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } finally {
        cancel();
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
  return new Response(body, response);
}
