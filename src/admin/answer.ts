/**
 * Answers a probe: `/livez` with 200 as long as the program runs, `/readyz` with 200 or 503 and why, a reason a
 * line. A stale view is no reason for a restart: the program reconnects by itself, and would forget nothing
 * sooner. The paths are those of the API server's own probes.
 *
 * @param problems why the program is not ready; empty when it is
 * @param notes what does not work though it is ready: a line each behind the `ok`
 */
export function answerProbe(
  request: Request,
  problems: () => string[],
  notes: () => string[] = () => [],
): Response {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return reply(405, "Only GET and HEAD are answered.", { allow: "GET, HEAD" });
  }
  switch (new URL(request.url).pathname) {
    case "/livez":
      return reply(200, "ok");
    case "/readyz": {
      const reasons = problems();
      return reasons.length === 0
        ? reply(200, ["ok", ...notes()].join("\n"))
        : reply(503, reasons.join("\n"));
    }
    default:
      return reply(404, "There are /livez and /readyz.");
  }
}

function reply(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(`${text}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", ...headers },
  });
}
