import assert from "node:assert/strict";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { parse } from "../../tests/kit/command_line.ts";
import { leaks, MARK, SECRET } from "../../tests/kit/confidential.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { makePod } from "../../tests/kit/pods.ts";
import { podList, ScriptedApi, ScriptedStream } from "../../tests/kit/scripted_api.ts";
import { worldWith } from "../../tests/kit/world.ts";
import type { DeliveryDetail, DeliveryList, EndpointStatus, PodExplanation, Status } from "../admin/admin.ts";
import type { Outcome, Request } from "../http/outcome.ts";
import { type Pod, ROUTE_ANNOTATION } from "../pod/pod.ts";
import { fixedSecrets } from "../runtime/secret_file.ts";
import { run } from "./run.ts";

/* Page and API over the whole program in memory: a cluster that is a script, an endpoint that is a function. */

/** What the endpoint answers; it repeats all that it was sent. */
function echo(status: number, { url, headers }: Request): Outcome {
  return {
    kind: "answer",
    status,
    headers: new Map([["x-url", url.href], ["x-signed", headers["webhook-signature"] ?? ""], [
      "x-key",
      SECRET,
    ]]),
    body: JSON.stringify({
      message: `${url.pathname}${url.search} ${SECRET} ${Object.values(headers).join()}`,
    }),
  };
}

function web(version: string, phase = "Running"): Pod {
  return makePod({ name: "web", version, phase, annotations: { note: `it is ${SECRET}` } });
}

class Running {
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  readonly watch = new ScriptedStream();
  /** All that the API said. */
  readonly said: string[] = [];
  status = 200;
  readonly ended: Promise<number>;
  readonly #stop = new AbortController();

  constructor(flags: string[] = []) {
    const url = `https://me:${MARK}word@a.example/${MARK}?key=${MARK}`;
    const options = parse(["--url", `hook=${url}`, "--admin-listen", "127.0.0.1:0", ...flags]);
    const api = new ScriptedApi(podList("10", [web("1")]), this.watch);
    api.clock = this.clock;
    const world = worldWith({
      clock: this.clock,
      log: this.log,
      secrets: fixedSecrets([SECRET]),
      stop: this.#stop.signal,
    });
    this.ended = run(options, world, {
      connect: () => Promise.resolve(api),
      openClient: () => ({ send: (request) => Promise.resolve(echo(this.status, request)), close: () => {} }),
    });
    this.ended.catch(() => {});
  }

  change(version: string, phase?: string): void {
    this.watch.event("MODIFIED", web(version, phase));
  }

  async ask<T>(path: string, method = "GET"): Promise<T> {
    const port = await this.#port();
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method,
      ...method === "POST" && { headers: { "content-type": "application/json" }, body: "{}" },
    });
    const text = await answer.text();
    this.said.push(text);
    assert.equal(answer.status, 200, text);
    return JSON.parse(text) as T;
  }

  /** Asks until the answer is so. */
  async until<T>(path: string, isSo: (answer: T) => boolean): Promise<T> {
    for (let turn = 0; turn < 500; turn++) {
      await this.clock.advance(1);
      const answer = await this.ask<T>(path);
      if (isSo(answer)) return answer;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    assert.fail(`${path} is ${this.said.at(-1)}`);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.clock.advance(60_000);
    await this.ended;
    assert.deepEqual(this.said.flatMap(leaks), []);
  }

  async #port(): Promise<string> {
    const said = /^Page and API are served .* at http:\/\/.*:(\d+)\//;
    for (let turn = 0; turn < 2_000; turn++) {
      const port = this.log.find(said);
      if (port !== undefined) return port;
      await settle();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.fail(this.log.lines.map(({ message }) => message).join("\n"));
  }
}

async function withRunning(flags: string[], test: (running: Running) => Promise<void>): Promise<void> {
  const running = new Running(flags);
  try {
    await test(running);
  } finally {
    await running.end();
  }
}

Deno.test("admin: an endpoint fails, its delivery waits for its retry, and both recover", () =>
  withRunning([], async (running) => {
    const first = await running.until<DeliveryList>("/endpoints/hook/deliveries", ({ total }) => total === 1);
    assert.equal(first.deliveries[0]?.state, "delivered");
    running.status = 503;
    running.change("2", "Pending");
    const failing = await running.until<DeliveryList>(
      "/endpoints/hook/deliveries?state=pending",
      ({ deliveries }) => deliveries[0]?.last !== undefined,
    );
    const [waiting] = failing.deliveries;
    assert.equal(waiting?.last?.outcome, "http_5xx");
    assert.equal(waiting?.why, "status 503 (it is down or overloaded: check that it runs)");
    assert.deepEqual(waiting?.reasons, ["phase"]);
    assert.ok(waiting?.nextRetryAt !== undefined && Date.parse(waiting.nextRetryAt) > running.clock.now());
    running.status = 200;
    await running.clock.advance(10_000);
    const path = `/endpoints/hook/deliveries/${waiting?.id}`;
    const detail = await running.until<DeliveryDetail>(path, ({ state }) => state === "delivered");
    assert.deepEqual(detail.history.map(({ outcome }) => outcome).slice(-2), ["http_5xx", "accepted"]);
    assert.equal(detail.request?.headers["webhook-id"], waiting?.id);
    assert.equal(detail.request?.headers["webhook-signature"], "(masked)");
    assert.equal(detail.because, "It is an endpoint of the operator's, and it has no filter.");
    assert.equal(detail.body, undefined);
    const endpoint = await running.ask<EndpointStatus>("/endpoints/hook");
    assert.equal(endpoint.origin, "https://a.example");
    assert.equal(endpoint.condition, "ok");
    assert.equal(endpoint.delivered, 2);
    assert.equal(endpoint.lastError?.why, waiting?.why);
    assert.ok((endpoint.lag?.p99Seconds ?? 0) >= 0.5, "it waited for its retry");
    assert.equal(endpoint.history.reduce((sum, { failed }) => sum + failed, 0), detail.history.length - 1);
  }));

Deno.test("admin: the program, its source, pods and the reasons of the last hour", () =>
  withRunning(["--environment", "staging"], async (running) => {
    await running.until<Status>("/status", ({ isReady }) => isReady);
    running.change("2", "Pending");
    const status = await running.until<Status>("/status", ({ pods }) => pods.byPhase["Pending"] === 1);
    assert.equal(status.environment, "staging");
    assert.deepEqual(status.pods, { known: 1, byPhase: { Pending: 1 }, unhealthy: 1 });
    assert.deepEqual(status.reasons.at(-1)?.counts, { sync: 1, phase: 1 });
    assert.equal(status.reasons.length, 60);
    const { kind, server, scopes, lists } = status.source;
    assert.deepEqual([kind, server, lists], ["watch", "http://scripted", 1]);
    assert.deepEqual(scopes.map(({ isListed, resourceVersion }) => [isListed, resourceVersion]), [[
      true,
      "10",
    ]]);
    assert.deepEqual(status.store.isKept, false);
  }));

Deno.test("admin: a pause keeps what comes, is said in the log, and resuming sends it", () =>
  withRunning([], async (running) => {
    await running.until<EndpointStatus>("/endpoints/hook", ({ delivered }) => delivered === 1);
    assert.deepEqual(await running.ask("/endpoints/hook/pause", "POST"), { count: 1 });
    running.change("2", "Pending");
    const paused = await running.until<EndpointStatus>("/endpoints/hook", ({ pending }) => pending === 1);
    assert.equal(paused.condition, "paused");
    await running.ask("/endpoints/hook/resume", "POST");
    await running.until<EndpointStatus>("/endpoints/hook", ({ delivered }) => delivered === 2);
    assert.ok(running.log.at("info").some((line) => line.startsWith("Endpoint hook is paused")));
  }));

Deno.test("admin: a pod says where it goes and why, and what was sent of it", () =>
  withRunning([], async (running) => {
    const pod = await running.until<PodExplanation>(
      "/pods/shop/web",
      ({ endpoints }) => endpoints[0]?.deliveries[0]?.state === "delivered",
    );
    assert.equal(pod.route, "default");
    assert.equal(pod.phase, "Running");
    assert.equal(pod.isHealthy, true);
    const [hook] = pod.endpoints;
    assert.deepEqual([hook?.sends, hook?.because, hook?.standing, hook?.isPending], [
      true,
      "it has no filter",
      "sent",
      false,
    ]);
  }));

Deno.test("admin: a pod whose annotation names an endpoint says so at each, without the path that it names", () =>
  withRunning(["--pod-webhooks", "b.example"], async (running) => {
    const webhooks = [`https://b.example/${MARK}`];
    running.watch.event(
      "MODIFIED",
      makePod({
        name: "web",
        version: "2",
        annotations: { [ROUTE_ANNOTATION]: JSON.stringify({ webhooks }) },
      }),
    );
    const pod = await running.until<PodExplanation>("/pods/shop/web", ({ route }) => route === "annotation");
    const said = pod.endpoints.map(({ endpoint, sends, because }) => [endpoint.slice(0, 8), sends, because]);
    assert.deepEqual(said, [
      ["hook", false, "the pod's annotation names other endpoints"],
      ["pod:b.ex", true, "the pod's annotation names it"],
    ]);
  }));

Deno.test("admin: a pod says which reasons an endpoint wants, and a delivery by which rule it was sent", () =>
  withRunning(["--reasons", "sync", "--reasons", "phase"], async (running) => {
    const pod = await running.until<PodExplanation>(
      "/pods/shop/web",
      ({ endpoints }) => endpoints[0]?.deliveries[0]?.state === "delivered",
    );
    assert.equal(pod.endpoints[0]?.because, "a change is sent that has one of the reasons sync, phase");
    const id = pod.endpoints[0]?.deliveries[0]?.id;
    assert.equal(
      (await running.ask<DeliveryDetail>(`/endpoints/hook/deliveries/${id}`)).because,
      "It is an endpoint of the operator's, and reasons lists one of its reasons (sync, phase).",
    );
  }));

Deno.test("admin: with --show-payloads a body is shown as it was sent, without the program's own secrets", () =>
  withRunning(["--show-payloads"], async (running) => {
    const { deliveries } = await running.until<DeliveryList>(
      "/endpoints/hook/deliveries",
      ({ deliveries }) => deliveries[0]?.state === "delivered",
    );
    const { body } = await running.ask<DeliveryDetail>(`/endpoints/hook/deliveries/${deliveries[0]?.id}`);
    const note = JSON.parse(body ?? "").pod.metadata.annotations.note;
    assert.match(note, /^it is .*/);
    assert.ok(!note.includes(SECRET));
  }));
