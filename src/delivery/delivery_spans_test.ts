import assert from "node:assert/strict";
import { BasicTracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { only } from "../../tests/kit/scripted_receiver.ts";
import { type Rig, withRig } from "../../tests/kit/worker_rig.ts";
import { DeliverySpans } from "./delivery_spans.ts";

/** A span as a test looks at it: what it came to and how long it lasted, in milliseconds. */
interface Seen {
  pod: unknown;
  outcome: unknown;
  attempts: unknown;
  /** 0: not set, 2: an error. */
  status: number;
  events: number;
  lasted: number;
}

function traced(rig: Rig): { spans: DeliverySpans; seen: () => Seen[] } {
  const ended: ReadableSpan[] = [];
  const nothing = (): Promise<void> => Promise.resolve();
  const processor = {
    onStart: (): void => {},
    onEnd: (span: ReadableSpan): void => void ended.push(span),
    forceFlush: nothing,
    shutdown: nothing,
  };
  const provider = new BasicTracerProvider({ spanProcessors: [processor] });
  const seen = (): Seen[] =>
    ended.map(({ attributes, status, events, duration: [seconds, nanoseconds] }) => ({
      pod: attributes["k8s.pod.name"],
      outcome: attributes["k8svent.outcome"],
      attempts: attributes["k8svent.attempts"],
      status: status.code,
      events: events.length,
      lasted: seconds * 1_000 + nanoseconds / 1e6,
    }));
  return { spans: new DeliverySpans(provider.getTracer("test"), rig.clock), seen };
}

withRig(
  "a span lasts from when the change was recorded until it is accepted, by the clock of the program",
  async (rig) => {
    const { spans, seen } = traced(rig);
    rig.add("a");
    await rig.clock.advance(5_000);
    rig.start({ spans });
    await rig.clock.advance(0);
    assert.deepEqual(seen(), [{
      pod: "a",
      outcome: "accepted",
      attempts: 1,
      status: 0,
      events: 1,
      lasted: 5_000,
    }]);
  },
);

withRig(
  "a message that becomes a dead letter ends its span with an error; tried again, it has another",
  async (rig) => {
    const { spans, seen } = traced(rig);
    rig.receiver.react = ({ name, at }) => name === "bad" && at < 200_000 ? 422 : 200;
    rig.add("bad");
    rig.start({ spans });
    for (let pod = 0; pod < 300; pod++) {
      rig.add(`good-${pod}`);
      await rig.clock.advance(1_000);
    }
    const bad = seen().filter(({ pod }) => pod === "bad");
    assert.ok(bad.length > 2);
    const [first] = bad;
    assert.deepEqual([first?.outcome, first?.status, first?.events], ["http_4xx", 2, 4]);
    assert.deepEqual(
      bad.slice(1, -1).map(({ status, events, lasted }) => [status, events, lasted]),
      bad.slice(1, -1).map(() => [2, 1, 0]),
    );
    assert.deepEqual([bad.at(-1)?.outcome, bad.at(-1)?.status], ["accepted", 0]);
  },
);

withRig("a version that takes the place of one that failed ends the span of that one", async (rig) => {
  const { spans, seen } = traced(rig);
  rig.receiver.react = ({ version }) => version === "1" ? 503 : 200;
  rig.add("a", { resourceVersion: "1" });
  rig.start({ spans });
  await rig.clock.advance(0);
  rig.add("a", { resourceVersion: "2" });
  await rig.clock.advance(60_000);
  assert.deepEqual(seen().map(({ outcome, status }) => [outcome, status]), [["http_5xx", 0], [
    "accepted",
    0,
  ]]);
});

withRig("the end of the program ends the spans that are open", async (rig) => {
  const { spans, seen } = traced(rig);
  rig.receiver.react = only("a", 503);
  rig.add("a");
  rig.start({ spans });
  await rig.clock.advance(0);
  assert.deepEqual(seen(), []);
  spans.close();
  assert.deepEqual(seen().map(({ pod, outcome }) => [pod, outcome]), [["a", "http_5xx"]]);
});

withRig("of spans that do not end, a thousand are kept open", (rig) => {
  const { spans, seen } = traced(rig);
  rig.addPods(1_100);
  for (let pod = 0; pod < 1_100; pod++) {
    const message = rig.store.pending.take("a", rig.clock.monotonic());
    assert.ok(message !== undefined);
    spans.begin(message, rig.clock.monotonic());
  }
  assert.equal(seen().length, 100);
  return Promise.resolve();
});
