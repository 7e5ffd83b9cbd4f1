import { endpointOf, SETTINGS } from "../../tests/kit/endpoint.ts";
import assert from "node:assert/strict";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { ScriptedReceiver } from "../../tests/kit/scripted_receiver.ts";
import { openTestStore, record, recordEnd } from "../../tests/kit/store.ts";
import { TestClock } from "../../tests/kit/clock.ts";
import { verify } from "../../tests/kit/signature.ts";
import { deliveryDeps } from "../../tests/kit/worker_rig.ts";
import { compileRedaction, type Redaction } from "../pod/redaction.ts";
import type { Endpoint } from "../route/endpoint.ts";
import { HmacKey } from "./sign.ts";
import { Workers, type WorkersDeps } from "./workers.ts";

/** Workers whose endpoints share one scripted receiver; the requests tell them apart by their URL. */
class Rig {
  readonly clock = new TestClock();
  readonly store = openTestStore({ clock: this.clock, onReady: (endpoints) => this.workers.wake(endpoints) });
  readonly receiver = new ScriptedReceiver(this.clock);
  readonly kill = new AbortController();
  readonly faults: unknown[] = [];
  readonly opened: Endpoint[] = [];
  readonly redactions = new Map<string, Redaction>();
  readonly log = new MemoryLog();
  closed = 0;
  readonly deps: WorkersDeps = {
    ...deliveryDeps(this.store.pending, this.clock, this.log),
    openClient: (endpoint) => {
      this.opened.push(endpoint);
      return { send: this.receiver.send, close: () => this.closed++ };
    },
    secrets: () => ["a-secret-of-24-characters"],
    redactionOf: ({ name }) => this.redactions.get(name),
    fail: (error) => this.faults.push(error),
  };
  readonly workers: Workers = new Workers(this.deps, this.kill.signal);

  add(endpoints: string[], name = "web-0"): void {
    record(this.store, endpoints, { name });
    this.store.commit();
  }

  /** Hosts that requests went to, without their domain; forgets them. */
  hosts(): (string | undefined)[] {
    return this.receiver.seen.splice(0).map(({ url }) => url.host.split(".")[0]);
  }

  async end(): Promise<void> {
    this.kill.abort();
    await this.workers.finish("drained");
    this.store.close();
  }
}

function endpoint(name: string, trusted = true): Endpoint {
  return { ...endpointOf(name), trusted };
}

function withRig(name: string, test: (rig: Rig) => Promise<void>): void {
  Deno.test(name, async () => {
    const rig = new Rig();
    try {
      await test(rig);
    } finally {
      await rig.end();
    }
  });
}

withRig("an endpoint has one worker, however often it is opened", async (rig) => {
  rig.add(["a"]);
  for (let time = 0; time < 3; time++) rig.workers.open(endpoint("a"));
  await rig.clock.advance(0);
  assert.deepEqual(rig.hosts(), ["a"]);
  await rig.workers.finish("drained");
  assert.equal(rig.closed, 1);
});

withRig("what a worker that was replaced did not deliver, its successor does", async (rig) => {
  const answers = [503, 200];
  rig.receiver.react = () =>
    new Promise((resolve) => rig.clock.after(1_000, () => resolve(answers.shift() ?? 200)));
  rig.add(["a"]);
  rig.workers.open(endpoint("a"));
  await rig.clock.advance(0);
  rig.workers.close("a");
  rig.workers.open(endpoint("a"));
  await rig.clock.advance(60_000);
  assert.deepEqual(rig.hosts(), ["a", "a"]);
  assert.equal(rig.store.pending.counts("a").pending, 0);
});

withRig(
  "what goes to an endpoint that an annotation named is not signed with the operator's secret",
  async (rig) => {
    rig.add(["a", "other"]);
    rig.workers.open(endpoint("a"));
    rig.workers.open(endpoint("other", false));
    await rig.clock.advance(0);
    const signed = rig.receiver.seen.map(({ url, headers }) => [url.host, "webhook-signature" in headers]);
    assert.deepEqual(signed, [["a.example.com", true], ["other.example.com", false]]);
  },
);

withRig(
  "a body is signed once for a secret, whatever the number of endpoints and attempts",
  async (rig) => {
    let hashed = 0;
    const sign = HmacKey.prototype.sign;
    // Signatures with a time in them, and nothing else, are in base64.
    HmacKey.prototype.sign = function (encoding, ...parts): string {
      if (encoding === "hex") hashed++;
      return sign.call(this, encoding, ...parts);
    };
    try {
      rig.receiver.react = () => rig.receiver.seen.length === 1 ? 500 : 200;
      rig.add(["a", "other"]);
      for (const name of ["a", "other"]) rig.workers.open(endpoint(name));
      await rig.clock.advance(60_000);
    } finally {
      HmacKey.prototype.sign = sign;
    }
    const signed = rig.receiver.seen.map(({ url, headers, body }) => [
      url.host,
      headers["k8svent-attempt"],
      verify({ headers: { ...headers }, raw: new TextEncoder().encode(body) }, [...rig.deps.secrets()]),
    ]);
    assert.deepEqual(signed, [
      ["a.example.com", "1", "ok"],
      ["other.example.com", "1", "ok"],
      ["a.example.com", "2", "ok"],
    ]);
    // Of x-atomist-signature one, and of x-hub-signature-256 one.
    assert.equal(hashed, 2);
  },
);

withRig(
  "the way to an annotation's endpoint is opened as one that is not trusted, each time",
  async (rig) => {
    rig.workers.open(endpoint("a"));
    rig.workers.open(endpoint("other", false));
    await rig.clock.advance(0);
    rig.workers.letIdleGo();
    rig.add(["other"]);
    await rig.clock.advance(0);
    assert.deepEqual(rig.opened.map(({ name, trusted }) => [name, trusted]), [
      ["a", true],
      ["other", false],
      ["other", false],
    ]);
  },
);

withRig(
  "an annotation's endpoint gets two requests at a time, since anybody may name a hundred",
  async (rig) => {
    rig.receiver.react = () => new Promise((resolve) => rig.clock.after(10, () => resolve(200)));
    for (let pod = 0; pod < 50; pod++) rig.add(["other"], `pod-${pod}`);
    rig.workers.open(endpoint("other", false));
    await rig.clock.advance(1_000);
    assert.equal(rig.receiver.seen.length, 50);
    assert.equal(rig.receiver.most, 2);
  },
);

withRig("an endpoint that is woken delivers what was recorded since, and no other is asked", async (rig) => {
  rig.workers.open(endpoint("a"));
  rig.workers.open(endpoint("b"));
  await rig.clock.advance(0);
  rig.add(["a", "unknown"]);
  await rig.clock.advance(0);
  assert.deepEqual(rig.hosts(), ["a"]);
});

withRig("an endpoint that is opened while the program drains drains too", async (rig) => {
  await rig.workers.finish("drained");
  rig.add(["late"]);
  rig.workers.open(endpoint("late"));
  await rig.clock.advance(1_000);
  await rig.workers.finish("drained");
  assert.deepEqual(rig.hosts(), ["late"]);
});

withRig("an idle annotation's endpoint is closed, one that something is pending for is not", async (rig) => {
  rig.receiver.react = ({ url }) => url.host.startsWith("busy") ? 503 : 200;
  for (const name of ["busy", "idle"]) {
    rig.add([name], name);
    rig.workers.open(endpoint(name, false));
  }
  rig.workers.open(endpoint("a"));
  await rig.clock.advance(0);
  rig.workers.letIdleGo();
  assert.deepEqual([...rig.workers.ofAnnotations], ["busy"]);
  await rig.clock.advance(0);
  assert.equal(rig.closed, 1);
});

withRig(
  "an annotation's endpoint that was closed gets what comes for it later, such as a deletion",
  async (rig) => {
    rig.workers.open(endpoint("other", false));
    await rig.clock.advance(0);
    rig.workers.letIdleGo();
    await rig.clock.advance(0);
    assert.equal(rig.workers.reaches("other"), true);
    recordEnd(rig.store, ["other"]);
    rig.store.commit();
    await rig.clock.advance(0);
    assert.deepEqual(rig.hosts(), ["other"]);
  },
);

withRig("of annotations' endpoints that were closed, a thousand are remembered", async (rig) => {
  for (let number = 0; number < 1_001; number++) rig.workers.open(endpoint(`other-${number}`, false));
  await rig.clock.advance(0);
  rig.workers.letIdleGo();
  await rig.clock.advance(0);
  assert.equal(rig.closed, 1_001);
  assert.deepEqual([rig.workers.reaches("other-0"), rig.workers.reaches("other-1")], [false, true]);
});

withRig(
  "endpoints that fail or have dead letters are behind, while something is pending for them",
  async (rig) => {
    rig.receiver.react = ({ url, name }) =>
      url.host.startsWith("down") ? 500 : url.host.startsWith("picky") && name === "bad" ? 422 : 200;
    for (const name of ["down", "picky", "well"]) rig.workers.open(endpoint(name));
    for (let pod = 0; pod < 10; pod++) {
      rig.add(["down", "picky", "well"], pod === 0 ? "bad" : `pod-${pod}`);
      await rig.clock.advance(1_000);
    }
    assert.deepEqual(rig.workers.behind, ["down", "picky"]);
  },
);

withRig(
  "a paused endpoint is behind while something is pending for it, no backlog, and paused for its next worker, too",
  async (rig) => {
    for (const name of ["a", "paused"]) rig.workers.open(endpoint(name));
    rig.store.pending.setPaused("paused", true);
    assert.deepEqual(rig.workers.behind, [], "nothing is pending for it");
    for (let pod = 0; pod < 3; pod++) rig.add(["paused"], `web-${pod}`);
    assert.deepEqual([rig.workers.behind, rig.workers.backlog], [["paused"], 0]);
    rig.workers.close("a");
    assert.equal(rig.workers.backlog, 0, "where it is the only one");
    rig.workers.close("paused");
    rig.workers.open(endpoint("paused"));
    await rig.clock.advance(60_000);
    assert.deepEqual(rig.hosts(), []);
    rig.store.pending.setPaused("paused", false);
    rig.workers.tryNow("paused");
    await rig.clock.advance(0);
    assert.equal(rig.hosts().length, 3);
    rig.workers.tryNow("nobody");
  },
);

withRig("the backlog is that of the quickest endpoint that takes what it is sent", async (rig) => {
  assert.equal(rig.workers.backlog, 0, "nobody is waited for where there is nobody");
  rig.receiver.react = ({ url }) => url.host.startsWith("down") ? 500 : 200;
  for (const name of ["down", "well"]) rig.workers.open(endpoint(name));
  for (let pod = 0; pod < 5; pod++) {
    rig.add(["down"], `pod-${pod}`);
    await rig.clock.advance(1_000);
  }
  for (let pod = 0; pod < 3; pod++) rig.add(["well", "down"], `more-${pod}`);
  assert.equal(rig.workers.backlog, 3);
});

withRig("an endpoint that takes nothing is no backlog, however little is pending for it", async (rig) => {
  rig.receiver.react = ({ url }) => url.host.startsWith("down") ? 500 : 200;
  for (const name of ["down", "well"]) rig.workers.open(endpoint(name));
  for (let pod = 0; pod < 5; pod++) {
    rig.add(["down"], `pod-${pod}`);
    await rig.clock.advance(1_000);
  }
  for (let pod = 0; pod < 9; pod++) rig.add(["well"], `more-${pod}`);
  assert.equal(rig.workers.backlog, 9);
});

withRig("the end waits for what a worker that was closed has under way", async (rig) => {
  rig.receiver.react = () => new Promise((resolve) => rig.clock.after(1_000, () => resolve(200)));
  rig.add(["a"]);
  rig.workers.open(endpoint("a"));
  await rig.clock.advance(0);
  rig.workers.close("a");
  let isOver = false;
  const finished = rig.workers.finish("drained").then(() => isOver = true);
  await rig.clock.advance(999);
  assert.equal(isOver, false);
  await rig.clock.advance(1);
  await finished;
  assert.equal(rig.store.pending.counts("a").pending, 0);
});

withRig("a worker that is opened while the program ends drains and ends, too", async (rig) => {
  await rig.workers.finish("drained");
  rig.add(["a"]);
  rig.workers.open(endpoint("a"));
  await rig.clock.advance(60_000);
  assert.deepEqual([rig.hosts(), rig.closed], [["a"], 1]);
});

withRig("dead letters are tried at once when somebody asks for it", async (rig) => {
  rig.receiver.react = ({ name }) => name === "bad" ? 422 : 200;
  rig.workers.open(endpoint("a"));
  for (let pod = 0; pod < 10; pod++) {
    rig.add(["a"], pod === 0 ? "bad" : `pod-${pod}`);
    await rig.clock.advance(1_000);
  }
  assert.equal(rig.store.pending.counts("a").deadLetters, 1);
  rig.receiver.react = () => 200;
  rig.workers.retry();
  await rig.clock.advance(0);
  assert.equal(rig.store.pending.counts("a").pending, 0);
});

withRig("a fault of one worker is reported and the others go on", async (rig) => {
  const fault = new TypeError("a fault of the program");
  rig.receiver.react = ({ url }) => {
    if (url.host.startsWith("bad")) throw fault;
    return 200;
  };
  for (const name of ["bad", "good"]) {
    rig.add([name], name);
    rig.workers.open(endpoint(name));
  }
  await rig.clock.advance(0);
  assert.deepEqual(rig.faults, [fault]);
  assert.equal(rig.store.pending.counts("good").pending, 0);
});

withRig(
  "each endpoint is signed and paced as its own settings say, the others as the flags do",
  async (rig) => {
    for (let pod = 0; pod < 3; pod++) rig.add(["a", "b", "c"], `pod-${pod}`);
    rig.workers.open({ ...endpoint("a"), settings: { ...SETTINGS, signatures: ["github"], rate: 1 } });
    rig.workers.open({ ...endpoint("b"), settings: { ...SETTINGS, signatures: [], concurrency: 1 } });
    rig.workers.open(endpoint("c"));
    await rig.clock.advance(0);
    const signatures = (host: string): string[][] =>
      rig.receiver.seen.filter(({ url }) => url.host.startsWith(host)).map(({ headers }) =>
        Object.keys(headers).filter((name) => /signature/.test(name))
      );
    assert.deepEqual(signatures("a"), [["x-hub-signature-256"]]);
    assert.deepEqual(signatures("b"), [[], [], []]);
    assert.deepEqual(signatures("c")[0], ["webhook-signature", "x-atomist-signature", "x-hub-signature-256"]);
    await rig.clock.advance(5_000);
  },
);

withRig("an annotation's endpoint gets none of the credentials that all endpoints have", async (rig) => {
  const header = { name: "x-key", value: "the-operators" };
  const settings = { ...SETTINGS, headers: [header], secretFiles: ["/s"], urlFile: "/u" };
  rig.add(["other"]);
  rig.workers.open({ ...endpoint("other", false), settings });
  await rig.clock.advance(0);
  assert.equal(rig.receiver.seen.length, 1);
  assert.equal(rig.receiver.seen[0]?.headers["x-key"], undefined);
});

const ENV = compileRedaction({
  env: "all",
  args: "none",
  annotations: "none",
  probeHeaders: "none",
  patterns: [],
});

/** A body with two variables, of which one is the secret that the rig signs with, and the same secret in a label. */
const BODY = JSON.stringify({
  pod: {
    metadata: { labels: { leaked: "a-secret-of-24-characters" } },
    spec: { containers: [{ env: [{ name: "A", value: "one" }] }] },
  },
});

withRig(
  "an endpoint that redacts gets a pod without what it must not see, and another one all of it",
  async (rig) => {
    rig.redactions.set("a", ENV);
    record(rig.store, ["a", "b"], { text: BODY });
    rig.store.commit();
    for (const name of ["a", "b"]) rig.workers.open(endpoint(name));
    await rig.clock.advance(0);
    const bodies = new Map(rig.receiver.seen.map(({ url, body }) => [url.host.split(".")[0], body]));
    assert.equal(bodies.get("b"), BODY);
    assert.equal(
      bodies.get("a"),
      BODY.replace('"one"', '"[redacted]"').replace("a-secret-of-24-characters", "[redacted]"),
    );
  },
);

withRig("a pod that cannot be redacted is sent by its name alone, and that is said once", async (rig) => {
  rig.redactions.set("a", ENV);
  record(rig.store, ["a"], { text: '{"pod":{"spec":{"containers":' });
  rig.store.commit();
  rig.workers.open(endpoint("a"));
  await rig.clock.advance(0);
  const [request] = rig.receiver.seen;
  assert.equal(request?.headers["k8svent-observed"], "false");
  assert.doesNotMatch(request?.body ?? "", /spec/);
  assert.deepEqual(rig.log.at("warn").filter((message) => message.includes("redacted")), [
    "The pod shop/web-0 could not be redacted, so only what names it is sent to a.",
  ]);
});
