import assert from "node:assert/strict";
import { Receiver, type Reply } from "./receiver.ts";

interface Message {
  id: string;
  uid?: string;
  version?: string;
  deleted?: boolean;
}

async function send(
  receiver: Receiver,
  { id, uid = "u1", version = "1", deleted = false }: Message,
): Promise<number> {
  const phase = deleted ? "Deleted" : "Running";
  const pod = `{"metadata":{"uid":"${uid}","namespace":"ns","name":"web-0","resourceVersion":"${version}"},` +
    `"spec":{"seconds":9223372036854775807},"status":{"phase":"${phase}"}}`;
  const response = await fetch(receiver.url, {
    method: "POST",
    headers: { "webhook-id": id, "k8svent-event": deleted ? "pod.deleted" : "pod.changed" },
    body: new Blob([`{"pod":${pod}}`]),
  });
  await response.body?.cancel();
  return response.status;
}

async function withReceiver(
  reply: (count: number) => Reply,
  use: (receiver: Receiver) => Promise<void>,
): Promise<void> {
  const receiver = await Receiver.start({ reply: (delivery) => reply(delivery.index) });
  try {
    await use(receiver);
  } finally {
    await receiver.close();
  }
}

const accept = (): Reply => ({ status: 204 });

Deno.test("a message that was refused is not a duplicate when it comes again, one that was accepted is", () =>
  withReceiver((count) => ({ status: count === 0 ? 503 : 200 }), async (receiver) => {
    assert.equal(await send(receiver, { id: "a" }), 503);
    assert.equal(receiver.state.pods.size, 0);
    await send(receiver, { id: "a" });
    assert.equal(receiver.state.duplicates, 0);
    await send(receiver, { id: "a" });
    assert.equal(receiver.state.duplicates, 1);
    assert.equal(receiver.state.pods.get("u1")?.messages, 1);
  }));

Deno.test("an older version after a newer one is a problem and is not kept", () =>
  withReceiver(accept, async (receiver) => {
    await send(receiver, { id: "a", version: "10" });
    await send(receiver, { id: "b", version: "9" });
    assert.match(receiver.state.problems.join(), /takes ns\/web-0 back from version 10/);
    assert.equal(receiver.state.pods.get("u1")?.resourceVersion, "10");
  }));

Deno.test("a change after the deletion is a problem, and the pod stays deleted", () =>
  withReceiver(accept, async (receiver) => {
    await send(receiver, { id: "a", version: "1", deleted: true });
    await send(receiver, { id: "b", version: "2" });
    assert.match(receiver.state.problems.join(), /comes after the deletion/);
    assert.equal(receiver.state.pods.get("u1")?.deleted, true);
  }));

Deno.test("a second pod of one name before the end of the first is a problem, after it is not", () =>
  withReceiver(accept, async (receiver) => {
    await send(receiver, { id: "a", uid: "u1", version: "1" });
    await send(receiver, { id: "b", uid: "u2", version: "3" });
    assert.match(receiver.state.problems.join(), /before its old pod ended/);
    await send(receiver, { id: "c", uid: "u1", version: "4", deleted: true });
    await send(receiver, { id: "d", uid: "u2", version: "5", deleted: true });
    await send(receiver, { id: "e", uid: "u3", version: "6" });
    assert.equal(receiver.state.problems.length, 1);
    assert.equal(receiver.state.live("ns", "web-0")?.pod.metadata.uid, "u3");
  }));

Deno.test("numbers of a body are kept digit for digit", () =>
  withReceiver(accept, async (receiver) => {
    await send(receiver, { id: "a" });
    const pod = receiver.deliveries[0]?.body?.pod;
    assert.match(JSON.stringify(pod), /"seconds":9223372036854775807/);
  }));

Deno.test("until resolves by the delivery that makes it true and rejects with a summary otherwise", () =>
  withReceiver(accept, async (receiver) => {
    const two = receiver.until(() => receiver.deliveries.length === 2, "two deliveries");
    await send(receiver, { id: "a" });
    await send(receiver, { id: "b" });
    await two;
    await assert.rejects(
      receiver.until(() => false, "a miracle", 1),
      /a miracle: 2 requests; .*1 pods known/,
    );
  }));

Deno.test("a reset request fails at the sender, and a hanging one does not keep the receiver from closing", () =>
  withReceiver((count) => count === 0 ? "reset" : "hang", async (receiver) => {
    await assert.rejects(send(receiver, { id: "a" }));
    const hanging = assert.rejects(send(receiver, { id: "b" }));
    await receiver.until(() => receiver.deliveries.length === 2);
    await receiver.close();
    await hanging;
  }));
