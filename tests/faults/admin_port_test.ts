import assert from "node:assert/strict";
import { leaks, MARK } from "../kit/confidential.ts";
import { freePort } from "../kit/port.ts";
import { endure, type FloodKind, type Serving, withServing } from "./flood.ts";

/*
 * The port of --admin-listen in the hands of somebody who means it ill. The program must not end, whoever has the token must
 * be answered, pods must be delivered as if nothing were, and nobody must act or read who may not.
 */

const TOKEN = `${MARK}-admin-token`;

/** A program with both ports. */
interface Scene extends Serving {
  port: number;
  probes: number;
}

async function withScene(test: (scene: Scene) => Promise<void>): Promise<void> {
  const token = await Deno.makeTempFile();
  await Deno.writeTextFile(token, `${TOKEN}\n`);
  const [port, probes] = [freePort(), freePort()];
  const listening = ["--listen", `127.0.0.1:${probes}`, "--admin-listen", `127.0.0.1:${port}`];
  try {
    await withServing(
      [...listening, "--admin-token-file", token],
      (serving) => test({ ...serving, port, probes }),
    );
  } finally {
    await Deno.remove(token);
  }
}

/** Sends a request as it stands, and gives all that comes, of a stream what comes first. */
async function exchange(port: number, request: string): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    const bytes = new TextEncoder().encode(request);
    for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    return await new Response(connection.readable).text();
  } catch {
    return "";
  }
}

/** @param more fields, each with its line end */
function requestOf(line: string, more = "", host = "localhost"): string {
  return `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${more}\r\n`;
}

const BEARER = `Authorization: Bearer ${TOKEN}\r\n`;
const STATUS = "GET /api/v1/status";
const PAUSE = "POST /api/v1/endpoints/hook/pause";

/** What is refused, and with what. */
const REFUSED: Record<string, [request: string, status: number]> = {
  "a read without a token": [requestOf(STATUS), 401],
  "an action without a token": [requestOf(PAUSE), 401],
  "an action with a wrong token": [requestOf(PAUSE, "Authorization: Bearer wrong\r\n"), 401],
  "a token in the URL": [requestOf(`${PAUSE}?token=${TOKEN}`, BEARER), 400],
  "a token in the URL of a page": [requestOf(`GET /?access_token=${TOKEN}`), 400],
  "a form of another site": [
    requestOf(PAUSE, `${BEARER}Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n`),
    403,
  ],
  "a form of another site in an older browser": [
    requestOf(PAUSE, `${BEARER}Origin: https://evil.example\r\n`),
    403,
  ],
  "a name that leads here": [requestOf(PAUSE, "", "evil.example"), 401],
  "a cookie that was made up": [requestOf(PAUSE, "Cookie: k8svent-session=AAAA\r\n"), 401],
  "a header of 1 MiB": [requestOf(STATUS, `${BEARER}X: ${"x".repeat(2 ** 20)}\r\n`), 431],
  "a body of 1 MiB": [requestOf("POST /api/v1/resync", `${BEARER}Content-Length: ${2 ** 20}\r\n`), 413],
};

Deno.test("who may not is refused at --admin-listen, and nothing comes of it", () =>
  withScene(async ({ port, program }) => {
    for (const [kind, [request, status]] of Object.entries(REFUSED)) {
      const answer = await exchange(port, request);
      // What is still sent when the answer comes may reset the connection before the answer is read.
      const isLost = answer === "" && request.length > 2 ** 20;
      assert.ok(isLost || answer.startsWith(`HTTP/1.1 ${status} `), `${kind}: ${answer.slice(0, 200)}`);
    }
    assert.match(await exchange(port, requestOf("GET /api/v1/endpoints/hook", BEARER)), /"condition":"ok"/);
    assert.deepEqual(program.lines.filter((line) => /paused/.test(line)), []);
  }));

Deno.test("--listen answers probes and metrics alone, with page and API beside it and without", async () => {
  await withScene(async ({ probes }) => {
    for (const path of ["/livez", "/readyz", "/metrics"]) {
      assert.match(await exchange(probes, requestOf(`GET ${path}`)), /^HTTP\/1.1 200 /, path);
    }
    for (
      const path of ["/", "/login", "/api/v1/status", "/api/v1/events", "/api/v1/openapi.json", "/endpoints"]
    ) {
      assert.match(await exchange(probes, requestOf(`GET ${path}`, BEARER)), /^HTTP\/1.1 404 /, path);
    }
    for (const line of [PAUSE, "POST /login", "POST /api/v1/retry"]) {
      assert.match(await exchange(probes, requestOf(line, BEARER)), /^HTTP\/1.1 405 /, line);
    }
  });
  // What was installed once, and updates its image by itself, opens no other port.
  for (const name of ["deployment-rbac", "deployment-no-rbac", "deployment-namespaced"]) {
    const manifest = await Deno.readTextFile(new URL(`../../kube/${name}.yaml`, import.meta.url));
    assert.match(manifest, /name: K8SVENT_LISTEN\n\s+value: ":8080"/);
    assert.doesNotMatch(manifest, /ADMIN/);
  }
});

Deno.test("nothing that page and API answer holds a credential", () =>
  withScene(async ({ port, deliver }) => {
    await deliver();
    const ask = (path: string): Promise<string> => exchange(port, requestOf(`GET ${path}`, BEARER));
    const id = /"id":"([^"]+)"/.exec(await ask("/api/v1/endpoints/hook/deliveries"))?.[1];
    assert.ok(id !== undefined);
    const answers = await Promise.all([
      ...["/", "/login", "/endpoints", "/endpoints/hook", `/endpoints/hook/deliveries/${id}`, "/nothing"].map(
        ask,
      ),
      ...["status", "endpoints", "endpoints/hook", "endpoints/hook/deliveries", "openapi.json"]
        .map((path) => ask(`/api/v1/${path}`)),
      ask(`/api/v1/endpoints/hook/deliveries/${id}`),
      ask("/api/v1/pods/shop/web"),
    ]);
    assert.deepEqual(leaks(answers.join("\n")), []);
    assert.ok(answers.every((answer) => answer.startsWith("HTTP/1.1 ")));
  }));

const FLOODS: FloodKind[] = [
  ["idle connections", 1_100, ""],
  ["connections that send a letter each second", 1_000, "G"],
  ["streams", 1_000, requestOf("GET /api/v1/events", BEARER)],
  ["wrong tokens", 1_000, requestOf(PAUSE, "Authorization: Bearer wrong\r\n")],
];

Deno.test("connections by thousands to --admin-listen: it goes on, who has the token is answered, pods are delivered", (context) =>
  withScene(async ({ port, ...serving }) => {
    const isAnswered = async (): Promise<boolean> =>
      (await exchange(port, requestOf(STATUS, BEARER))).startsWith("HTTP/1.1 200 ");
    for (const flood of FLOODS) {
      const [kind, connections] = flood;
      await context.step(`${connections} ${kind}`, () => endure(flood, port, serving, isAnswered));
    }
    const said = serving.program.lines.filter((line) => /"level":"(warn|error)"/.test(line));
    assert.ok(said.length <= 2 && said.every((line) => /wrong token/.test(line)), said.join("\n"));
  }));
