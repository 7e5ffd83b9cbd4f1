import assert from "node:assert/strict";
import { REFUSED, STALE } from "../../tests/kit/scripted_receiver.ts";
import { withRig } from "../../tests/kit/worker_rig.ts";
import type { Credentials, Resolved } from "./credentials.ts";

const URL_OF_A = new URL("https://a.example.com/hook");

/** Tokens that a test counts. */
class Tokens implements Credentials {
  readonly confidential = { url: URL_OF_A, secrets: [] };
  asked = 0;
  number = 1;
  mayRenew = true;
  closed = 0;

  resolve(): Promise<Resolved> {
    this.asked++;
    const token = `token-${this.number}`;
    const headers = { authorization: `Bearer ${token}`, "user-agent": "mine", "webhook-id": "forged" };
    return Promise.resolve({ url: URL_OF_A, headers, secrets: ["a-secret-of-24-characters"], token });
  }

  refused({ token }: Resolved): boolean {
    if (this.mayRenew && token === `token-${this.number}`) this.number++;
    return this.mayRenew;
  }

  close(): void {
    this.closed++;
  }
}

withRig("the operator's headers are sent, and never in the place of a signature", async (rig) => {
  rig.addPods(1);
  rig.start({ credentials: new Tokens() });
  await rig.clock.advance(0);
  const [seen] = rig.receiver.seen;
  assert.equal(seen?.headers.authorization, "Bearer token-1");
  assert.equal(seen?.headers["user-agent"], "mine");
  assert.match(seen?.headers["webhook-signature"] ?? "", /^v1,/);
});

withRig("a 401 to a token brings a fresh one, and is nobody's failure", async (rig) => {
  const tokens = new Tokens();
  rig.receiver.react = ({ headers }) => headers.authorization === "Bearer token-2" ? 200 : 401;
  rig.addPods(20);
  rig.start({ credentials: tokens });
  await rig.clock.advance(0);
  assert.equal(rig.counts.pending, 0);
  assert.deepEqual(
    new Set(rig.receiver.seen.map(({ headers }) => headers["k8svent-attempt"])),
    new Set(["1"]),
  );
  assert.deepEqual(rig.log.at("warn"), []);
});

withRig(
  "an endpoint that refuses fresh tokens, too, is asked twice for each attempt and then fails",
  async (rig) => {
    const tokens = new Tokens();
    rig.receiver.react = () => 401;
    rig.addPods(1);
    rig.start({ credentials: tokens });
    await rig.clock.advance(0);
    assert.deepEqual([rig.receiver.seen.length, rig.counts.pending], [2, 1]);
    tokens.mayRenew = false;
    await rig.clock.advance(1_000);
    assert.equal(rig.receiver.seen.length, 3);
  },
);

withRig(
  "a failure of the credentials sends nothing, opens the circuit, and blames no message",
  async (rig) => {
    const tokens = new Tokens();
    const failure = {
      ...REFUSED,
      fault: "credentials" as const,
      message: "the file /x (urlFile) cannot be used: it is empty",
    };
    const broken: Credentials = {
      ...tokens,
      refused: () => false,
      close: () => {},
      resolve: () => isBroken ? failure : tokens.resolve(),
    };
    let isBroken = true;
    rig.addPods(30);
    rig.start({ credentials: broken });
    await rig.clock.advance(600_000);
    assert.deepEqual([rig.receiver.seen.length, rig.counts], [0, { pending: 30, dead: 0 }]);
    assert.deepEqual(rig.log.at("warn").slice(0, 1), [
      "Endpoint a fails: the file /x (urlFile) cannot be used: it is empty. Pending messages are kept and retried.",
    ]);
    isBroken = false;
    await rig.clock.advance(60_000);
    assert.equal(rig.counts.pending, 0);
  },
);

withRig("what waits for a token goes back when the program ends", async (rig) => {
  const waiting: Credentials = {
    ...new Tokens(),
    refused: () => false,
    close: () => {},
    resolve: () => given.promise,
  };
  const given = Promise.withResolvers<Resolved>();
  rig.addPods(1);
  rig.start({ credentials: waiting });
  await rig.clock.advance(0);
  rig.abort.abort();
  given.resolve(await new Tokens().resolve());
  await rig.clock.advance(0);
  assert.deepEqual([rig.ended, rig.receiver.seen.length, rig.counts.pending], [1, 0, 1]);
});

withRig("a rate is kept, with one second's worth at once", async (rig) => {
  rig.addPods(30);
  rig.start({ rate: 10 });
  await rig.clock.advance(0);
  assert.equal(rig.receiver.seen.length, 10);
  await rig.clock.advance(1_000);
  assert.equal(rig.receiver.seen.length, 20);
  await rig.clock.advance(1_000);
  assert.deepEqual([rig.receiver.seen.length, rig.counts.pending], [30, 0]);
});

withRig("what waits for the rate is replaced by what is newer, and nothing is dropped", async (rig) => {
  rig.addPods(2);
  rig.start({ rate: 0.1 });
  await rig.clock.advance(0);
  for (let version = 2; version <= 9; version++) rig.add("pod-1", { resourceVersion: String(version) });
  await rig.clock.advance(10_000);
  assert.deepEqual(rig.receiver.flush(), ["pod-0 1", "pod-1 9"]);
  assert.equal(rig.counts.pending, 0);
});

withRig("the second request of an attempt does not wait, and is taken off what follows", async (rig) => {
  rig.receiver.react = () => rig.receiver.seen.length === 1 ? STALE : 200;
  rig.addPods(3);
  rig.start({ rate: 1 });
  await rig.clock.advance(10_000);
  assert.deepEqual(
    rig.receiver.seen.map(({ at }) => at),
    [0, 0, 2_000, 3_000],
  );
});

withRig("a program that ends sends what is due at the endpoint's rate", async (rig) => {
  rig.addPods(4);
  rig.start({ rate: 1 }).aim("drained");
  await rig.clock.advance(2_999);
  assert.deepEqual([rig.receiver.seen.length, rig.ended], [3, 0]);
  await rig.clock.advance(2_000);
  assert.deepEqual([rig.receiver.seen.length, rig.ended, rig.counts.pending], [4, 1, 0]);
});
