import assert from "node:assert/strict";
import { freePort } from "../kit/port.ts";
import { endure, type FloodKind, withServing } from "./flood.ts";

/*
 * Whoever reaches the port of --listen can open as many connections as it likes. The program must not end, other
 * clients must be answered, and pods must be delivered as if nothing were.
 */

const FLOODS: FloodKind[] = [
  ["idle connections", 1_100, ""],
  ["connections that send a letter each second", 1_000, "G"],
  ["half-sent requests", 8_000, "GET /livez HTTP/1.1\r\nHost: a\r\nX-Rest:"],
  ["heads of white space", 1_000, `GET / HTTP/1.1\r\nHost: a\r\nX: a${" ".repeat(16_000)}b\r\n\r\n`],
];

async function isAlive(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/livez`, {
    headers: { connection: "close" },
    signal: AbortSignal.timeout(5_000),
  });
  return await answer.text() === "ok\n";
}

Deno.test("connections by thousands to --listen: it goes on, others are answered, pods are delivered", (context) => {
  const port = freePort();
  return withServing(["--listen", `127.0.0.1:${port}`], async (serving) => {
    for (const flood of FLOODS) {
      const [kind, connections] = flood;
      await context.step(`${connections} ${kind}`, () => endure(flood, port, serving, () => isAlive(port)));
    }
    assert.deepEqual(serving.program.lines.filter((line) => /"level":"(warn|error)"/.test(line)), []);
  });
});
