import assert from "node:assert/strict";
import { endpointOf, SETTINGS } from "../../tests/kit/endpoint.ts";
import { verify } from "../../tests/kit/signature.ts";
import { record } from "../../tests/kit/store.ts";
import { withRig } from "../../tests/kit/workers_rig.ts";
import { compileRedaction } from "../pod/redaction.ts";
import { HmacKey } from "./sign.ts";

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
      for (const name of ["a", "other"]) rig.workers.open(endpointOf(name));
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
  "each endpoint is signed and paced as its own settings say, the others as the flags do",
  async (rig) => {
    for (let pod = 0; pod < 3; pod++) rig.add(["a", "b", "c"], `pod-${pod}`);
    rig.workers.open({ ...endpointOf("a"), settings: { ...SETTINGS, signatures: ["github"], rate: 1 } });
    rig.workers.open({ ...endpointOf("b"), settings: { ...SETTINGS, signatures: [], concurrency: 1 } });
    rig.workers.open(endpointOf("c"));
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
    for (const name of ["a", "b"]) rig.workers.open(endpointOf(name));
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
  const answers = [503, 503];
  rig.receiver.react = () => answers.shift() ?? 200;
  rig.workers.open(endpointOf("a"));
  await rig.clock.advance(60_000);
  assert.equal(rig.receiver.seen.length, 3);
  const [request] = rig.receiver.seen;
  assert.equal(request?.headers["k8svent-observed"], "false");
  assert.doesNotMatch(request?.body ?? "", /spec/);
  assert.deepEqual(rig.log.at("warn").filter((message) => message.includes("redacted")), [
    "The pod shop/web-0 could not be redacted, so only what names it is sent to a.",
  ]);
});
