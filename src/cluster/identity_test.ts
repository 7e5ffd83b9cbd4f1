import assert from "node:assert/strict";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import { TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { anonymous } from "./user_credentials.ts";
import { HttpApiServer } from "./http_api_server.ts";

const { cert: ONE } = issueCertificate("one");
const { cert: TWO } = issueCertificate("two");

async function identity(
  server: string,
  trust: string | undefined,
  isUnverified = false,
): Promise<string | undefined> {
  const cluster = {
    server: new URL(server),
    trust: () => Promise.resolve(trust),
    trustFrom: "ca.crt",
    credentials: anonymous,
    isUnverified,
  };
  const api = new HttpApiServer(cluster, {
    clock: new TestClock(),
    log: new MemoryLog(),
    userAgent: "k8svent/1",
  });
  const found = await api.identity();
  api.close();
  return found;
}

const HERE = "https://here:6443";
const same: [name: string, server: string, trust: string][] = [
  ["another port", "https://here:16443", ONE],
  ["another host", "https://there:6443", ONE],
  ["an IPv6 address", "https://[fd00::1]", ONE],
  ["a slash at the end", `${HERE}/`, ONE],
  ["CRLF in its authority", HERE, ONE.replaceAll("\n", "\r\n")],
  ["text around its authority", HERE, `# of the cluster\n${ONE}`],
  ["its authority twice", HERE, ONE + ONE],
  ["a damaged block", HERE, `-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n${ONE}`],
];

for (const [name, server, trust] of same) {
  Deno.test(`a cluster with ${name} is the same one`, async () => {
    assert.equal(await identity(server, trust), await identity(HERE, ONE));
  });
}

Deno.test("the order of several authorities is no matter, and each counts", async () => {
  assert.equal(await identity(HERE, ONE + TWO), await identity(HERE, TWO + ONE));
  assert.equal(
    new Set(await Promise.all([ONE, TWO, ONE + TWO].map((trust) => identity(HERE, trust)))).size,
    3,
  );
});

Deno.test("behind one authority each path is a cluster of its own, and no path is in its identity", async () => {
  const one = await identity(`${HERE}/k8s/clusters/c-1`, ONE);
  assert.equal(await identity("https://there/k8s/clusters/c-1/", ONE), one);
  assert.notEqual(await identity(`${HERE}/k8s/clusters/c-2`, ONE), one);
  assert.notEqual(await identity(HERE, ONE), one);
  assert.match(one ?? "", /^[0-9a-f-]+$/);
});

Deno.test("without an authority that is looked at, a cluster cannot be known", async () => {
  assert.equal(await identity(HERE, undefined), undefined);
  assert.equal(await identity("http://127.0.0.1:8001", ONE), undefined);
  assert.equal(await identity(HERE, ONE, true), undefined);
});
