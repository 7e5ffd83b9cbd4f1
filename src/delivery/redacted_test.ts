import assert from "node:assert/strict";
import { makeMessage, type MessageParts } from "../../tests/kit/message.ts";
import { loadRedaction, type Redaction } from "../pod/redaction.ts";
import { RedactedBodies } from "./redacted.ts";

/** A redaction that counts how often it is asked, and makes text by which it is recognised. */
function counting(key: string): Pick<Redaction, "key" | "redact"> & { calls: number } {
  const redaction = {
    key,
    calls: 0,
    redact: (body: Uint8Array<ArrayBuffer>) => {
      redaction.calls++;
      return body.slice();
    },
  };
  return redaction;
}

const none = (): string[] => [];

function text(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}

Deno.test("a version is redacted once for all endpoints and attempts of a profile, and once for each other profile", () => {
  const bodies = new RedactedBodies(none);
  const [one, other] = [counting("one"), counting("other")];
  const message = makeMessage();
  for (const endpoint of ["a", "b", "a", "c"]) {
    bodies.of({ ...message, endpoint }, one);
    bodies.of({ ...message, endpoint }, other);
  }
  assert.deepEqual([one.calls, other.calls], [1, 1]);
  bodies.of(makeMessage(), one);
  bodies.of({ ...message, completeness: "trimmed" }, one);
  assert.equal(one.calls, 3);
});

Deno.test("what is kept is bounded in bytes: the oldest goes first, and is made again when it is needed", () => {
  const bodies = new RedactedBodies(none, 10_000);
  const redaction = counting("one");
  const messages = Array.from({ length: 4 }, () => makeMessage({ body: `{"pod":"${"x".repeat(3_000)}"}` }));
  for (const message of messages) bodies.of(message, redaction);
  for (const message of messages.slice(2)) bodies.of(message, redaction);
  assert.equal(redaction.calls, 4);
  for (const message of messages.slice(0, 1)) bodies.of(message, redaction);
  assert.equal(redaction.calls, 5);
  // One that is larger than all that is kept is made all the same.
  const { body } = bodies.of(makeMessage({ body: `{"pod":"${"x".repeat(30_000)}"}` }), redaction);
  assert.equal(body.length, 30_010);
});

Deno.test("the content tells profiles and sets of secrets apart", () => {
  let secrets = ["a secret of the program"];
  const bodies = new RedactedBodies(() => secrets);
  const message = makeMessage({ body: '{"pod":{"a":"a secret of the program, and its successor"}}' });
  const contents = [counting("one"), counting("other")].map((redaction) =>
    bodies.of(message, redaction).content
  );
  secrets = ["a secret of the program", "and its successor"];
  const renewed = bodies.of(message, counting("one"));
  assert.equal(new Set([...contents, renewed.content]).size, 3);
  assert.equal(text(renewed.body), '{"pod":{"a":"[redacted], [redacted]"}}');
});

Deno.test("the same secrets in a new list change nothing", () => {
  const bodies = new RedactedBodies(() => ["a secret of the program"]);
  const redaction = counting("one");
  const message = makeMessage();
  bodies.of(message, redaction);
  bodies.of(message, redaction);
  assert.equal(redaction.calls, 1);
});

Deno.test("what cannot be redacted is not sent: what is left says which pod it was about, and no more", async () => {
  const redaction = await loadRedaction({
    env: "secrets",
    args: "none",
    annotations: "none",
    probeHeaders: "none",
    patterns: [],
  });
  const bodies = new RedactedBodies(none);
  const about: MessageParts = { uid: "u", name: "web-0", namespace: "shop", resourceVersion: "7" };
  for (const body of ['{"pod":{"a":"hunter2"', `{"pod":${"[".repeat(100_000)}`]) {
    const withheld = bodies.of(makeMessage({ ...about, body }), redaction);
    assert.equal(withheld.isWithheld, true);
    assert.equal(
      text(withheld.body),
      '{"pod":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-0","namespace":"shop","uid":"u","resourceVersion":"7"}}}',
    );
    const gone = bodies.of(makeMessage({ ...about, body, event: "pod.deleted" }), redaction);
    assert.equal(JSON.parse(text(gone.body)).pod.status.phase, "Deleted");
  }
});

Deno.test("a fault of the program is no body that cannot be read", () => {
  const broken: Pick<Redaction, "key" | "redact"> = {
    key: "broken",
    redact: () => {
      throw new TypeError("undefined is not a function");
    },
  };
  assert.throws(() => new RedactedBodies(none).of(makeMessage(), broken), TypeError);
});
