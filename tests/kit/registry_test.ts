import assert from "node:assert/strict";
import { lacksRegistry, REPOSITORY, TestRegistry } from "./registry.ts";
import { RegistryProxy } from "./registry_proxy.ts";
import { PASSWORD, USER } from "./token_server.ts";

const ignore = lacksRegistry() !== undefined;

async function json(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(url, { headers });
  return { status: answer.status, body: await answer.json() };
}

Deno.test({
  name: "the real registry has what was pushed, and does not page its tags by itself",
  ignore,
  async fn(): Promise<void> {
    await using registry = await TestRegistry.start();
    const image = await registry.push("one", "1.0.0", "latest");
    await registry.addTags(image, ["1.1.0"]);
    const { body } = await json(`http://${registry.host}/v2/${REPOSITORY}/tags/list?n=1`);
    assert.deepEqual((body as { tags: string[] }).tags.toSorted(), ["1.0.0", "1.1.0", "latest"]);
  },
});

Deno.test({
  name: "a registry that asks for tokens takes the one of its server, which asks for a user",
  ignore,
  async fn(): Promise<void> {
    await using registry = await TestRegistry.start("token for a user");
    await registry.push("one", "1.0.0");
    const tags = `http://${registry.host}/v2/${REPOSITORY}/tags/list`;
    assert.equal((await json(tags)).status, 401);
    const asked = `http://${registry.tokenHost}/token?scope=repository:${REPOSITORY}:pull`;
    const refused = await fetch(asked);
    await refused.body?.cancel();
    assert.equal(refused.status, 401);
    const { body } = await json(asked, { authorization: `Basic ${btoa(`${USER}:${PASSWORD}`)}` });
    const { token } = body as { token: string };
    assert.equal((await json(tags, { authorization: `Bearer ${token}` })).status, 200);
  },
});

Deno.test({
  name: "the proxy gives the registry's tags page by page",
  ignore,
  async fn(): Promise<void> {
    await using registry = await TestRegistry.start();
    await registry.push("one", "1.0.0", "latest");
    await using proxy = new RegistryProxy(registry.host);
    proxy.interference = { page: 1, link: "relative" };
    const first = await fetch(`http://${proxy.host}/v2/${REPOSITORY}/tags/list?n=1000`);
    assert.deepEqual((await first.json()).tags, ["1.0.0"]);
    const next = /<([^>]+)>/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    const second = await fetch(new URL(next, first.url));
    assert.deepEqual((await second.json()).tags, ["latest"]);
    assert.equal(second.headers.get("link"), null);
  },
});
