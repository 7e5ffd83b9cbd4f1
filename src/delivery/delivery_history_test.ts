import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { leaks, MARK, SECRET } from "../../tests/kit/confidential.ts";
import { makeMessage } from "../../tests/kit/message.ts";
import { only, REFUSED } from "../../tests/kit/scripted_receiver.ts";
import { type Rig, withRig } from "../../tests/kit/worker_rig.ts";
import { DeliveryHistory, type EndpointHistory, headersIn } from "./delivery_history.ts";
import type { EndedAttempt } from "./tally.ts";

/** An attempt at a message of this name, as a worker tells of it. */
function attempt(
  history: EndpointHistory,
  name: string,
  { status = 200, number = 1, age = 20, coalesced = 0 } = {},
): void {
  const isAccepted = status === 200;
  const failures = { tries: number, strikes: 1, failedAt: 1, dead: 0, why: WHY };
  const ended: EndedAttempt = {
    number,
    outcome: { kind: "answer", status, headers: new Map(), body: "" },
    decision: isAccepted ? { kind: "delivered", release: 0 } : { kind: "retry", failures, due: 0, why: WHY },
    ended: age,
    took: 10,
  };
  history.attempted(makeMessage({ name, uid: name, coalesced }), ended, 0, { url: undefined, secrets: [] });
}

const WHY = "status 503 (it is down)";

function open(): { clock: TestClock; histories: DeliveryHistory; changes: () => number } {
  let changes = 0;
  const clock = new TestClock();
  return { clock, histories: new DeliveryHistory(clock, () => changes++), changes: () => changes };
}

function namesOf(history: EndpointHistory): string[] {
  return history.deliveries().map(({ message }) => message.name);
}

Deno.test("history: attempts of one message are one delivery, with the last ten of them", () => {
  const { histories } = open();
  const history = histories.open("a", false);
  for (let number = 1; number <= 12; number++) attempt(history, "one", { status: 503, number });
  attempt(history, "one", { number: 13, age: 1_500 });
  const [kept, ...others] = history.deliveries();
  assert.equal(others.length, 0);
  assert.equal(kept?.attempts, 13);
  assert.equal(kept?.history.length, 10);
  assert.deepEqual(kept?.history.slice(-2).map(({ outcome, why }) => ({ outcome, why })), [
    { outcome: "http_5xx", why: WHY },
    { outcome: "accepted", why: undefined },
  ]);
  assert.equal(kept?.lag, 1_500);
});

Deno.test("history: the last 1,000 deliveries of an endpoint are kept, by when they were tried last", () => {
  const { histories } = open();
  const history = histories.open("a", false);
  for (let id = 0; id < 1_000; id++) attempt(history, `${id}`);
  attempt(history, "0");
  attempt(history, "new");
  assert.equal(namesOf(history).length, 1_000);
  assert.deepEqual(namesOf(history).slice(0, 2), ["new", "0"]);
  assert.ok(!namesOf(history).includes("1"));
});

Deno.test("history: all endpoints together keep 10,000, so 200 have 50 each, also those that had more", () => {
  const { histories } = open();
  const first = histories.open("0", false);
  for (let id = 0; id < 1_000; id++) attempt(first, `${id}`);
  for (let endpoint = 1; endpoint < 200; endpoint++) histories.open(`${endpoint}`, false);
  assert.equal(namesOf(first).length, 50);
  assert.equal(namesOf(first)[0], "999");
});

Deno.test("history: endpoints of annotations take no room from the operator's, and keep few", () => {
  const { histories } = open();
  const own = histories.open("a", false);
  for (let id = 0; id < 1_000; id++) attempt(own, `${id}`);
  for (let endpoint = 0; endpoint < 100; endpoint++) histories.open(`pod:${endpoint}`, true);
  const one = histories.open("pod:0", true);
  for (let id = 0; id < 100; id++) attempt(one, `${id}`);
  assert.equal(namesOf(own).length, 1_000);
  assert.equal(namesOf(one).length, 50);
  histories.forget("pod:0");
  assert.equal(histories.find("pod:0"), undefined);
});

Deno.test("history: attempts are counted by the minute, and the last failure stays when others are accepted", () => {
  const { clock, histories, changes } = open();
  const history = histories.open("a", false);
  attempt(history, "1", { status: 503 });
  clock.freeze(60_000);
  attempt(history, "1", { coalesced: 2 });
  assert.deepEqual(history.lastHour.read().slice(-2).map(({ value }) => value), [
    { delivered: 0, failed: 1 },
    { delivered: 1, failed: 0 },
  ]);
  assert.deepEqual(history.lastError, { at: clock.now() - 60_000, why: WHY });
  assert.equal(history.lastDeliveredAt, clock.now());
  assert.deepEqual([history.delivered, history.coalesced, changes()], [1, 2, 2]);
});

/** With a history, and a clock that has just begun. */
function start(rig: Rig, parts: Parameters<Rig["start"]>[0] = {}): EndpointHistory {
  const history = new DeliveryHistory(rig.clock, () => {}).open("a", false);
  rig.start({ history, ...parts });
  return history;
}

withRig("history: a worker keeps the request as it was sent, its size and the answer", async (rig) => {
  rig.receiver.react = () => ({ status: 202, headers: { server: "nginx" }, body: "taken\nand more" });
  const history = start(rig);
  rig.add("web-0");
  await rig.clock.advance(0);
  const [kept] = history.deliveries();
  const [seen] = rig.receiver.seen;
  assert.deepEqual(headersIn(kept?.request?.headers ?? ""), seen?.headers);
  assert.equal(kept?.id, seen?.headers["webhook-id"]);
  assert.equal(kept?.request?.bytes, seen?.body.length);
  assert.deepEqual(kept?.answer, { status: 202, headers: "server: nginx", text: "taken" });
});

withRig("history: what proves who sends a message is masked before it is kept", async (rig) => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, `${MARK}-password`);
  const credentials = rig.credentials({ secrets: () => [SECRET] }, {
    auth: { kind: "basic", username: "me", passwordFile: file },
    headers: [{ name: "x-api-key", value: `${MARK}-key` }],
  });
  const history = start(rig, { credentials });
  rig.add("web-0");
  await rig.clock.advance(0);
  const headers = headersIn(history.deliveries()[0]?.request?.headers ?? "");
  const masked = Object.keys(headers).filter((name) => headers[name] === "(masked)").sort();
  assert.deepEqual(masked, [
    "authorization",
    "webhook-signature",
    "x-api-key",
    "x-atomist-signature",
    "x-hub-signature-256",
  ]);
  assert.deepEqual(leaks(JSON.stringify(history.deliveries())), []);
  credentials.close();
  await Deno.remove(file);
});

Deno.test("history: cookies and whatever authorizes are masked, whoever put them there", () => {
  const history = open().histories.open("a", false);
  const message = makeMessage({});
  const headers = {
    authorization: "Bearer a",
    "proxy-authorization": "Basic b",
    cookie: "c=d",
    "x-atomist-signature": "e",
    accept: "*/*",
  };
  history.sent(message, { headers, body: new Uint8Array(1), url: new URL("https://a.example/") }, {});
  const ended: EndedAttempt = {
    number: 1,
    outcome: { kind: "answer", status: 200, headers: new Map([["set-cookie", "f=g"]]), body: "" },
    decision: { kind: "delivered", release: 0 },
    ended: 1,
    took: 1,
  };
  history.attempted(message, ended, 0, { url: undefined, secrets: [] });
  const [kept] = history.deliveries();
  assert.deepEqual(headersIn(kept?.request?.headers ?? ""), {
    authorization: "(masked)",
    "proxy-authorization": "(masked)",
    cookie: "(masked)",
    "x-atomist-signature": "(masked)",
    accept: "*/*",
  });
  assert.equal(kept?.answer?.headers, "");
});

withRig("history: an answer that repeats what it was sent shows none of it, nor cookies", async (rig) => {
  const url = new URL(`https://me:${MARK}word@a.example.com/${MARK}/hook?token=${MARK}`);
  const credentials = rig.credentials({ url, secrets: () => [SECRET] });
  rig.receiver.react = ({ headers, url }) => ({
    status: 404,
    headers: {
      "x-secret": `it was ${SECRET}.`,
      "x-path": url.pathname,
      location: url.href,
      "set-cookie": `session=${MARK}`,
      "x-request-id": headers["webhook-id"] ?? "",
    },
    body: `Cannot POST ${url.pathname}${url.search} with ${SECRET}`,
  });
  const history = start(rig, { credentials });
  rig.add("web-0");
  await rig.clock.advance(0);
  const [kept] = history.deliveries();
  assert.deepEqual(leaks(JSON.stringify(kept)), []);
  const headers = headersIn(kept?.answer?.headers ?? "");
  assert.deepEqual(Object.keys(headers), ["x-secret", "x-path", "location", "x-request-id"]);
  assert.equal(headers["x-request-id"], kept?.id);
});

withRig("history: an answer that repeats signatures or a configured key shows none of them", async (rig) => {
  const headers = [{ name: "x-api-key", value: "abc,def ghi=jkl-mno" }];
  const credentials = rig.credentials({ secrets: () => [SECRET] }, { headers });
  rig.receiver.react = ({ headers }) => ({
    status: 400,
    headers: { "x-got": headers["x-hub-signature-256"] ?? "", "x-key": headers["x-api-key"] ?? "" },
    body: JSON.stringify({ message: `${"-".repeat(160)} ${headers["webhook-signature"]} is wrong` }),
  });
  const history = start(rig, { credentials });
  rig.add("web-0");
  await rig.clock.advance(0);
  const [kept] = history.deliveries();
  assert.equal(kept?.answer?.headers, "x-got: (masked)\nx-key: (masked)");
  assert.equal(kept?.answer?.text, `${"-".repeat(160)} (masked) is wrong`);
  credentials.close();
});

withRig(
  "history: where nothing could be sent there is no request, and the next attempt adds it",
  async (rig) => {
    const missing = rig.credentials({}, { urlFile: "/nowhere/url" });
    const history = start(rig, { credentials: missing });
    rig.add("web-0");
    await rig.clock.advance(0);
    const [kept] = history.deliveries();
    assert.equal(kept?.request, undefined);
    assert.equal(kept?.history[0]?.outcome, "credentials");
    assert.match(kept?.history[0]?.why ?? "", /\/nowhere\/url/);
    missing.close();
  },
);

withRig("history: a dead letter is one, an endpoint that cannot be reached leaves none", async (rig) => {
  rig.receiver.react = only("poison", 422);
  const history = start(rig);
  rig.add("poison");
  for (let pod = 0; pod < 40; pod++) {
    rig.add(`pod-${pod}`);
    await rig.clock.advance(5_000);
  }
  const dead = history.deliveries().filter(({ isDeadLetter }) => isDeadLetter);
  assert.deepEqual(dead.map(({ message }) => message.name), ["poison"]);
  rig.receiver.react = () => REFUSED;
  rig.add("late");
  await rig.clock.advance(5_000);
  const late = history.deliveries().find(({ message }) => message.name === "late");
  assert.deepEqual([late?.isDeadLetter, late?.history.at(-1)?.outcome], [false, "connect"]);
});
