import assert from "node:assert/strict";
import { systemClock } from "../runtime/clock.ts";
import { type Routes, serviceOf } from "./answer.ts";
import { type Address, listen, ListenError, type Listening } from "./listen.ts";

const HERE: Routes = { "/": () => ({ status: 200, text: "here" }) };

function serve(address: Address): Listening {
  return listen(address, serviceOf(HERE), systemClock);
}

Deno.test("listen serves until it is closed", async () => {
  const server = serve({ host: "127.0.0.1", port: 0 });
  const answer = await fetch(`http://127.0.0.1:${server.port}/`);
  assert.equal(await answer.text(), "here\n");
  await server.close();
  await assert.rejects(fetch(`http://127.0.0.1:${server.port}/`));
});

Deno.test("listen without a host can be reached by IPv4", async () => {
  const server = serve({ port: 0 });
  const answer = await fetch(`http://127.0.0.1:${server.port}/`);
  assert.equal(await answer.text(), "here\n");
  await server.close();
});

Deno.test("listen says that a port is taken, and which flag to change", async () => {
  const server = serve({ host: "127.0.0.1", port: 0 });
  assert.throws(() => serve({ host: "127.0.0.1", port: server.port }), (error) => {
    assert(error instanceof ListenError);
    assert.match(
      error.message,
      new RegExp(`something else listens on port ${server.port}\\. Choose another .* --listen HOST:PORT`),
    );
    return true;
  });
  await server.close();
});

for (
  const [host, sentence] of [
    ["192.0.2.1", /^--listen: its host is not an address of this machine\. Choose another address/],
    ["no-such-host.invalid", /^--listen: its host cannot be found, or is not an address to listen on\./],
  ] as const
) {
  Deno.test(`listen refuses ${host}, which is not this machine's`, () => {
    assert.throws(
      () => serve({ host, port: 0 }),
      (error) => error instanceof ListenError && sentence.test(error.message),
    );
  });
}
