import assert from "node:assert/strict";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { inCluster } from "./in_cluster.ts";
import { ClusterSetupError } from "./setup_error.ts";

Deno.test("the API server of a pod is named by its environment, IPv6 in brackets", () => {
  const server = (host: string): string => inCluster(host, "443", "/sa", new MemoryLog()).server.href;
  assert.equal(server("10.96.0.1"), "https://10.96.0.1/");
  assert.equal(server("fd00::1"), "https://[fd00::1]/");
  assert.equal(server("kubernetes.default.svc"), "https://kubernetes.default.svc/");
  assert.equal(inCluster("10.96.0.1", "6443", "/sa", new MemoryLog()).server.port, "6443");
});

Deno.test("within a cluster answers are not compressed", () => {
  assert.equal(inCluster("10.96.0.1", "443", "/sa", new MemoryLog()).isUncompressed, true);
});

Deno.test("token and authority of a pod follow their files", async () => {
  const folder = await Deno.makeTempDir();
  const write = async (round: string): Promise<void> => {
    await Deno.writeTextFile(`${folder}/token`, `token-${round}\n`);
    await Deno.writeTextFile(`${folder}/ca.crt`, `authority-${round}\n`);
  };
  const { credentials, trust } = inCluster("10.96.0.1", "443", folder, new MemoryLog());
  await write("1");
  assert.deepEqual(await credentials.current(), { headers: { authorization: "Bearer token-1" } });
  assert.equal(await trust(), "authority-1");
  await write("2");
  assert.deepEqual(await credentials.current(), { headers: { authorization: "Bearer token-2" } });
  assert.equal(await trust(), "authority-2");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a token that cannot stand in a header is refused without being shown", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/token`, "first-line\nsecond-line");
  const { credentials } = inCluster("10.96.0.1", "443", folder, new MemoryLog());
  await assert.rejects(credentials.current(), (error: Error) => {
    assert.doesNotMatch(`${error.message} ${error.cause}`, /first-line|second-line/);
    return true;
  });
  await Deno.remove(folder, { recursive: true });
});

const NO_PORT = ["tcp://10.0.0.1:443", "443/tcp", "https", "0", "70000", "-1", "4 43", "443:443", ""];
const NO_HOST = ["tcp://10.0.0.1:443", "a b", "10.0.0.1/x", "user@host", "", "[::1", "a_b\nc", "a..b"];

for (const [variable, values] of [["PORT", NO_PORT], ["HOST", NO_HOST]] as const) {
  for (const value of values) {
    Deno.test(`KUBERNETES_SERVICE_${variable}=${JSON.stringify(value)} is a sentence that names it and the way out`, () => {
      const [host, port] = variable === "PORT" ? ["10.96.0.1", value] : [value, "443"];
      assert.throws(() => inCluster(host, port, "/sa", new MemoryLog()), (error) => {
        assert.ok(error instanceof ClusterSetupError, String(error));
        assert.match(
          error.message,
          new RegExp(`^KUBERNETES_SERVICE_${variable} is ".*enableServiceLinks: false`, "s"),
        );
        return true;
      });
    });
  }
}

Deno.test("white space and brackets around the address of a pod's API server are no matter", () => {
  assert.equal(
    inCluster(" [fd00::1]\n", "6443\n", "/sa", new MemoryLog()).server.href,
    "https://[fd00::1]:6443/",
  );
});
