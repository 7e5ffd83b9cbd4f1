import assert from "node:assert/strict";
import { AdminPort, TOKEN, withAdminPort } from "../../tests/kit/admin_port.ts";
import { settle } from "../../tests/kit/clock.ts";

/** Follows what changes, and collects what comes. */
class Follower {
  text = "";
  isEnded = false;
  readonly #connection: Deno.TcpConn;

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** @param proof the field that lets it in */
  static async of({ port }: AdminPort, proof = `Authorization: Bearer ${TOKEN}`): Promise<Follower> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const request = `GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${proof}\r\n\r\n`;
    await connection.write(new TextEncoder().encode(request));
    const follower = new Follower(connection);
    void follower.#read().catch(() => {});
    while (!follower.text.includes("retry: ")) await settle();
    return follower;
  }

  async #read(): Promise<void> {
    for await (const bytes of this.#connection.readable) this.text += new TextDecoder().decode(bytes);
    this.isEnded = true;
  }

  /** How many events have come, once what was sent is there. */
  async events(): Promise<number> {
    for (let turn = 0; turn < 20; turn++) await settle();
    return this.text.match(/^event: change\ndata: \S+\n\n/gm)?.length ?? 0;
  }

  close(): void {
    // One that was read to its end is closed already.
    if (!this.isEnded) this.#connection.close();
  }
}

Deno.test("who follows what changes hears of the first change at once, and then once a second at the most", () =>
  withAdminPort(async (port) => {
    const follower = await Follower.of(port);
    assert.match(follower.text, /content-type: text\/event-stream/);
    assert.equal(await follower.events(), 0);
    for (let change = 0; change < 100; change++) port.admin.change();
    assert.equal(await follower.events(), 1);
    for (let change = 0; change < 100; change++) port.admin.change();
    await port.clock.advance(999);
    assert.equal(await follower.events(), 1);
    await port.clock.advance(1);
    assert.equal(await follower.events(), 2);
    await port.clock.advance(1_000);
    assert.equal(await follower.events(), 2);
    follower.close();
  }));

Deno.test("who follows what changes gets a sign of life every 15 seconds", () =>
  withAdminPort(async (port) => {
    const follower = await Follower.of(port);
    await port.clock.advance(15_000);
    await follower.events();
    assert.match(follower.text, /\n\n:\n\n$/);
    await port.clock.advance(16_000);
    await follower.events();
    assert.match(follower.text, /\n\n:\n\n:\n\n$/);
    follower.close();
  }));

Deno.test("who leaves is not subscribed any more, nor is anybody when the port is closed", async () => {
  const port = new AdminPort();
  const follower = await Follower.of(port);
  assert.equal(port.admin.subscribers, 1);
  follower.close();
  while (port.admin.subscribers > 0) await settle();
  const other = await Follower.of(port);
  await port.close();
  while (port.admin.subscribers > 0) await settle();
  assert.equal(port.clock.pending, 0, "no timer is left behind");
  other.close();
});

Deno.test("who has logged out hears of no change any more", () =>
  withAdminPort(async (port) => {
    const { headers } = await port.ask("POST /login", {}, `token=${TOKEN}`);
    const cookie = headers.get("set-cookie")?.split(";")[0] ?? "";
    const follower = await Follower.of(port, `Cookie: ${cookie}`);
    port.admin.change();
    assert.equal(await follower.events(), 1);
    await port.ask("POST /logout", { cookie });
    port.admin.change();
    await port.clock.advance(1_000);
    assert.equal(await follower.events(), 1);
    assert.ok(follower.isEnded);
    assert.equal(port.admin.subscribers, 0);
  }));

Deno.test("a stream ends within 15 seconds after its token was changed", () =>
  withAdminPort(async (port) => {
    const follower = await Follower.of(port);
    port.token = { text: "another-token-0123456789" };
    await port.clock.advance(15_000);
    assert.equal(await follower.events(), 0);
    assert.ok(follower.isEnded);
    assert.doesNotMatch(follower.text, /\n:\n/);
  }));
