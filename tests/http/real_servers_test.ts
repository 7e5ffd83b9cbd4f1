import assert from "node:assert/strict";
import { clientFor, GOING, LONG, post, trusting } from "../kit/http_client.ts";
import { testNeeding } from "../kit/needing.ts";
import { freePort } from "../kit/port.ts";
import { AUTHORITY, lacksServer, REAL_SERVERS, RunningServer } from "../kit/real_servers.ts";
import { type Client } from "../../src/http/client.ts";
import type { Outcome } from "../../src/http/outcome.ts";

/** One attempt: its id, which no other has, and what the client said of it. */
interface Attempt {
  id: string;
  outcome: Outcome;
}

/** Sends for so long, one after another on each of some lanes, with pauses that meet the server's idle time-out. */
async function load(client: Client, url: string, lanes: number, isOver: () => boolean): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  const lane = async (number: number): Promise<void> => {
    for (let turn = 0; !isOver(); turn++) {
      const id = `${number}-${turn}`;
      const body = "x".repeat(turn % 10 === 0 ? 100_000 : 2_000);
      attempts.push({ id, outcome: await client.send(post(url, body, { "webhook-id": id }), LONG, GOING) });
      const { outcome } = attempts[attempts.length - 1] as Attempt;
      // While it is down; and, now and then, just as long as the server keeps a connection that rests.
      const pause = outcome.kind === "failure" ? 20 : turn % 25 === 24 ? 980 + 8 * number : 2;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
  return attempts;
}

/** Each attempt that was answered arrived once, no other more often, and none that failed before the request at all. */
function check(attempts: Attempt[], ids: string[]): void {
  const arrived = new Map<string, number>();
  for (const id of ids) arrived.set(id, (arrived.get(id) ?? 0) + 1);
  for (const { id, outcome } of attempts) {
    const times = arrived.get(id) ?? 0;
    const summary = `${id}: ${times} times, ${JSON.stringify(outcome)}`;
    if (outcome.kind === "answer" && outcome.status === 200) assert.equal(times, 1, summary);
    else if (outcome.kind === "failure" && outcome.when === "before") assert.equal(times, 0, summary);
    else assert.ok(times <= 1, summary);
  }
}

for (const server of REAL_SERVERS) {
  testNeeding(
    lacksServer(server),
    `${server.name}: every POST is answered once or reported, over idle time-outs and a restart under load`,
    async () => {
      const folder = await Deno.makeTempDir({ prefix: "real-server-" });
      const backendIds: string[] = [];
      const backend = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
        await request.arrayBuffer();
        backendIds.push(request.headers.get("webhook-id") ?? "");
        return new Response("ok");
      });
      try {
        const [plain, tls] = [freePort(), freePort()];
        await using running = await RunningServer.start(server, {
          folder,
          plain,
          tls,
          backend: backend.addr.port,
        });
        const clients = [clientFor(), clientFor(trusting(AUTHORITY.cert))];
        const urls = [`http://localhost:${plain}`, `https://localhost:${tls}`];
        const ids = server.isBackend ? running.ids : backendIds;
        for (const [at, client] of clients.entries()) {
          ids.length = 0;
          let isOver = false;
          const attempts = load(client, urls[at] ?? "", 6, () => isOver);
          await new Promise((resolve) => setTimeout(resolve, 1_200));
          await running.restart();
          await new Promise((resolve) => setTimeout(resolve, 1_500));
          isOver = true;
          const made = await attempts;
          client.close();
          await new Promise((resolve) => setTimeout(resolve, 50));
          check(made, ids);
          const answered = made.filter(({ outcome }) => outcome.kind === "answer" && outcome.status === 200);
          assert.ok(answered.length > 100, `${answered.length} of ${made.length} were answered`);
          const last = made.slice(-6).filter(({ outcome }) => outcome.kind === "answer");
          assert.equal(last.length, 6, "it works again after the restart");
        }
      } finally {
        await backend.shutdown();
        await Deno.remove(folder, { recursive: true });
      }
    },
  );
}
