import assert from "node:assert/strict";
import { execPlugin, type ResolvedCluster } from "./exec_plugin.ts";
import { KubeconfigEntry } from "./kubeconfig_entry.ts";
import { ClusterSetupError } from "./setup_error.ts";

const V1 = "client.authentication.k8s.io/v1";
const cluster: ResolvedCluster = {
  server: "https://near:6443/",
  trust: () => Promise.resolve("CA\n"),
  config: { audience: "x" },
};

function exec(fields: Record<string, unknown>): KubeconfigEntry {
  return new KubeconfigEntry('the user "me"', "/home/me/.kube/config", {
    apiVersion: V1,
    command: "p",
    ...fields,
  });
}

async function info(
  fields: Record<string, unknown>,
  of = cluster,
): Promise<{ spec: Record<string, unknown> }> {
  return JSON.parse(await execPlugin(exec(fields), of).info());
}

Deno.test("a bare command is looked up in PATH, another is relative to the kubeconfig", () => {
  const command = (command: string): string => execPlugin(exec({ command }), cluster).command;
  assert.equal(command("aws"), "aws");
  assert.equal(command("./bin/login"), "/home/me/.kube/bin/login");
  assert.equal(command("/opt/login"), "/opt/login");
});

Deno.test("a plugin gets its arguments and its environment", () => {
  const plugin = execPlugin(
    exec({ args: ["get-token", 7], env: [{ name: "PROFILE", value: "dev" }] }),
    cluster,
  );
  assert.deepEqual(plugin.args, ["get-token", "7"]);
  assert.equal(plugin.env.PROFILE, "dev");
});

Deno.test("a plugin learns that nobody is there", async () => {
  assert.deepEqual(await info({}), { apiVersion: V1, kind: "ExecCredential", spec: { interactive: false } });
});

Deno.test("a plugin gets the kubeconfig's integers as they stand there", async () => {
  const config = {
    a: 9007199254740993n,
    b: [9223372036854775807n, { c: -9223372036854775808n }],
    d: 18446744073709551615n,
    e: 1,
  };
  const text = await execPlugin(exec({ provideClusterInfo: true }), { ...cluster, config }).info();
  assert.match(
    text,
    /"config":\{"a":9007199254740993,"b":\[9223372036854775807,\{"c":-9223372036854775808\}\],"d":18446744073709551615,"e":1\}/,
  );
});

Deno.test("a plugin gets a large integer among its arguments and in its environment digit for digit", () => {
  const plugin = execPlugin(
    exec({ args: [9007199254740993n], env: [{ name: "ID", value: 18446744073709551615n }] }),
    cluster,
  );
  assert.deepEqual([plugin.args, plugin.env.ID], [["9007199254740993"], "18446744073709551615"]);
});

Deno.test("a plugin that asks for it gets the cluster", async () => {
  assert.deepEqual((await info({ provideClusterInfo: true })).spec, {
    interactive: false,
    cluster: {
      server: "https://near:6443/",
      "certificate-authority-data": "Q0EK",
      config: { audience: "x" },
    },
  });
});

for (
  const [value, isGiven] of [[true, true], ["yes", true], ["on", true], [false, false], ["no", false], [
    "Off",
    false,
  ], [
    null,
    false,
  ]] as const
) {
  Deno.test(`provideClusterInfo: ${value} ${isGiven ? "passes" : "does not pass"} the cluster`, async () => {
    assert.equal("cluster" in (await info({ provideClusterInfo: value })).spec, isGiven);
  });
}

Deno.test("a plugin gets addresses as they are written, and learns that there is no configuration", async () => {
  const given = { server: "HTTPS://near:443", proxy: "http://me:p%40w@proxy", isUncompressed: true };
  const { spec } = await info({ provideClusterInfo: true }, {
    ...given,
    trust: () => Promise.resolve(undefined),
  });
  assert.deepEqual(spec.cluster, {
    server: "HTTPS://near:443",
    "proxy-url": "http://me:p%40w@proxy",
    "disable-compression": true,
    config: null,
  });
});

Deno.test("a plugin that cannot work unattended is refused", () => {
  const refused = (fields: Record<string, unknown>, message: RegExp): void =>
    assert.throws(() => execPlugin(exec(fields), cluster), (error) => {
      assert.ok(error instanceof ClusterSetupError);
      assert.match(error.message, message);
      return true;
    });
  refused({ interactiveMode: "Always" }, /runs unattended/);
  refused({ apiVersion: "client.authentication.k8s.io/v1alpha1" }, /has to be .*v1 or .*v1beta1/);
  refused({ command: "" }, /has no command/);
  refused({ env: [{ value: "x" }] }, /no name/);
  refused({ args: ["a\0b"] }, /a zero byte in its command, args or env/);
  refused({ env: [{ name: "A", value: "b\0" }] }, /a zero byte/);
  refused({ provideClusterInfo: "perhaps" }, /neither true nor false: write/);
});
