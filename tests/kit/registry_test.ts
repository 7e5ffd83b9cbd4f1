import assert from "node:assert/strict";
import { testNeeding } from "./needing.ts";
import { lacksRegistry, REPOSITORY, TestRegistry } from "./registry.ts";
import { RegistryProxy } from "./registry_proxy.ts";
import { basic, PASSWORD, USER } from "./token_server.ts";

const TAGS = `/v2/${REPOSITORY}/tags/list`;

async function get(url: string, headers: Record<string, string> = {}): Promise<Response> {
  const answer = await fetch(url, { headers });
  return new Response(await answer.text(), answer);
}

async function readTags(answer: Response): Promise<string[]> {
  return (await answer.json() as { tags: string[] }).tags.toSorted();
}

function registryTest(name: string, fn: () => Promise<void>): void {
  testNeeding(lacksRegistry(), name, fn);
}

registryTest("the real registry has what was pushed, and does not page its tags by itself", async () => {
  await using registry = await TestRegistry.start();
  const image = await registry.push("one", "1.0.0", "latest");
  await registry.addTags(image, ["1.1.0"]);
  const answer = await get(`http://${registry.host}${TAGS}?n=1`);
  assert.equal(answer.headers.get("link"), null);
  assert.deepEqual(await readTags(answer), ["1.0.0", "1.1.0", "latest"]);
});

registryTest("the real registry calls an image, and an index of two, by the digests of the kit", async () => {
  await using registry = await TestRegistry.start();
  const images = [await registry.push("amd64", "one"), await registry.push("arm64")];
  const index = await registry.pushIndex(images, "both");
  const accept = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";
  for (const [tag, digest] of [["one", images[0]?.manifest], ["both", index]]) {
    const answer = await get(`http://${registry.host}/v2/${REPOSITORY}/manifests/${tag}`, { accept });
    assert.equal(answer.headers.get("docker-content-digest"), digest);
  }
});

registryTest(
  "a registry that asks for tokens takes the one of its server, which asks for a user",
  async () => {
    await using registry = await TestRegistry.start("token for a user");
    await registry.push("one", "1.0.0");
    const tags = `http://${registry.host}${TAGS}`;
    assert.equal((await get(tags)).status, 401);
    const asked = `http://${registry.tokenHost}/token?scope=repository:${REPOSITORY}:pull`;
    assert.equal((await get(asked)).status, 401);
    const { token } = await (await get(asked, { authorization: basic(USER, PASSWORD) })).json();
    assert.equal((await get(tags, { authorization: `Bearer ${token}` })).status, 200);
  },
);

registryTest("a registry that asks for a password takes the user's, and no other", async () => {
  await using registry = await TestRegistry.start("password");
  await registry.push("one", "1.0.0");
  const tags = `http://${registry.host}${TAGS}`;
  const refused = await get(tags, { authorization: basic(USER, "another") });
  assert.equal(refused.status, 401);
  assert.match(refused.headers.get("www-authenticate") ?? "", /^Basic /);
  assert.equal((await get(tags, { authorization: basic(USER, PASSWORD) })).status, 200);
});

registryTest("the proxy gives the registry's tags page by page", async () => {
  await using registry = await TestRegistry.start();
  await registry.push("one", "1.0.0", "latest");
  await using proxy = new RegistryProxy(registry.host);
  proxy.interference = { page: 1, link: "relative" };
  const url = `http://${proxy.host}${TAGS}?n=1000`;
  const first = await get(url);
  assert.deepEqual(await readTags(first), ["1.0.0"]);
  const next = /<([^>]+)>/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
  const second = await get(new URL(next, url).href);
  assert.deepEqual(await readTags(second), ["latest"]);
  assert.equal(second.headers.get("link"), null);
});

registryTest("the proxy hangs until whoever asked goes away", async () => {
  await using registry = await TestRegistry.start();
  await using proxy = new RegistryProxy(registry.host);
  proxy.interference = "hang";
  const leaving = new AbortController();
  proxy.onRequest = () => leaving.abort();
  await assert.rejects(fetch(`http://${proxy.host}${TAGS}`, { signal: leaving.signal }), {
    name: "AbortError",
  });
});
