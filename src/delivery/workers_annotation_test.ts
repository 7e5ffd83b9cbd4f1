import assert from "node:assert/strict";
import { endpointOf, SETTINGS } from "../../tests/kit/endpoint.ts";
import { recordEnd } from "../../tests/kit/store.ts";
import { strangerOf, withRig } from "../../tests/kit/workers_rig.ts";

withRig(
  "what goes to an endpoint that an annotation named is not signed with the operator's secret",
  async (rig) => {
    rig.add(["a", "other"]);
    rig.workers.open(endpointOf("a"));
    rig.workers.open(strangerOf("other"));
    await rig.clock.advance(0);
    const signed = rig.receiver.seen.map(({ url, headers }) => [url.host, "webhook-signature" in headers]);
    assert.deepEqual(signed, [["a.example.com", true], ["other.example.com", false]]);
  },
);

withRig(
  "the way to an annotation's endpoint is opened as one that is not trusted, each time",
  async (rig) => {
    rig.workers.open(endpointOf("a"));
    rig.workers.open(strangerOf("other"));
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
    rig.workers.open(strangerOf("other"));
    await rig.clock.advance(1_000);
    assert.equal(rig.receiver.seen.length, 50);
    assert.equal(rig.receiver.most, 2);
  },
);

withRig("an annotation's endpoint gets none of the credentials that all endpoints have", async (rig) => {
  const header = { name: "x-key", value: "the-operators" };
  const settings = { ...SETTINGS, headers: [header], secretFiles: ["/s"], urlFile: "/u" };
  rig.add(["other"]);
  rig.workers.open({ ...strangerOf("other"), settings });
  await rig.clock.advance(0);
  assert.equal(rig.receiver.seen.length, 1);
  assert.equal(rig.receiver.seen[0]?.headers["x-key"], undefined);
});

withRig("an idle annotation's endpoint is closed, one that something is pending for is not", async (rig) => {
  rig.receiver.react = ({ url }) => url.host.startsWith("busy") ? 503 : 200;
  for (const name of ["busy", "idle"]) {
    rig.add([name], name);
    rig.workers.open(strangerOf(name));
  }
  rig.workers.open(endpointOf("a"));
  await rig.clock.advance(0);
  rig.workers.letIdleGo();
  assert.deepEqual([...rig.workers.ofAnnotations], ["busy"]);
  await rig.clock.advance(0);
  assert.equal(rig.closed, 1);
});

withRig(
  "an annotation's endpoint that was closed gets what comes for it later, such as a deletion",
  async (rig) => {
    rig.workers.open(strangerOf("other"));
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
  for (let number = 0; number < 1_001; number++) rig.workers.open(strangerOf(`other-${number}`));
  await rig.clock.advance(0);
  rig.workers.letIdleGo();
  await rig.clock.advance(0);
  assert.equal(rig.closed, 1_001);
  assert.deepEqual([rig.workers.reaches("other-0"), rig.workers.reaches("other-1")], [false, true]);
});
