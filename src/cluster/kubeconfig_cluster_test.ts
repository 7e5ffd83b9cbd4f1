import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import type { Cluster } from "./cluster.ts";
import { clusterOf } from "./kubeconfig_cluster.ts";
import { KubeconfigEntry } from "./kubeconfig_entry.ts";
import { ClusterSetupError } from "./setup_error.ts";

const FILE = "/home/me/.kube/config";

function open(cluster: Record<string, unknown>, user: Record<string, unknown> = {}): Cluster {
  return clusterOf({
    context: "dev",
    cluster: new KubeconfigEntry('the cluster "near"', FILE, cluster),
    user: new KubeconfigEntry('the user "me"', FILE, user),
  }, { clock: new TestClock(), log: new MemoryLog(), signal: new AbortController().signal });
}

function complaint(cluster: Record<string, unknown>, user: Record<string, unknown> = {}): string {
  try {
    open(cluster, user);
  } catch (error) {
    assert.ok(error instanceof ClusterSetupError, String(error));
    return error.message;
  }
  throw new Error("accepted");
}

const server = "https://near:6443";

Deno.test("the server is a URL, or a host and port that is completed", () => {
  assert.equal(open({ server }).server.href, "https://near:6443/");
  assert.equal(open({ server: "localhost:8080" }).server.href, "http://localhost:8080/");
  assert.match(complaint({}), /the cluster "near" in .*config: it has no server/);
  assert.equal(open({ server: "https:8080" }).server.host, "https:8080");
  const templates = ["https://${HOST}:6443", '"https://near:6443"', "<nil>", "{{ .Values.server }}"];
  for (const wrong of ["ftp://near", "https:/near:6443", "HTTPS:near", "http:/127.0.0.1:80", ...templates]) {
    assert.match(complaint({ server: wrong }), /not an http:\/\/ or https:\/\/ URL/, wrong);
  }
});

Deno.test("slashes too many in the path of the server are left out, as kubectl does", () => {
  assert.equal(open({ server: `${server}//` }).server.href, "https://near:6443/");
  assert.equal(
    open({ server: `${server}//k8s///clusters/c-1//` }).server.href,
    "https://near:6443/k8s/clusters/c-1/",
  );
});

Deno.test("the authority is inline or in a file, the inline one wins", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/ca.crt`, "from a file");
  const data = btoa("inline");
  const file = `${folder}/ca.crt`;
  assert.equal(await open({ server }).trust(), undefined);
  assert.equal(await open({ server, "certificate-authority": file }).trust(), "from a file");
  const both = open({ server, "certificate-authority": file, "certificate-authority-data": data });
  assert.equal(await both.trust(), "inline");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("data that is not valid base64 is refused without being shown", () => {
  const message = complaint({ server, "certificate-authority-data": "%secret%" });
  assert.match(message, /certificate-authority-data is not valid base64/);
  assert.doesNotMatch(message, /secret/);
});

Deno.test("another server name, and no verification at all, are taken over", () => {
  assert.equal(open({ server, "tls-server-name": "api" }).serverName, "api");
  assert.equal(open({ server, "insecure-skip-tls-verify": true }).isUnverified, true);
  // YAML 1.1, as client-go reads it.
  for (const word of ["yes", "Yes", "on", "ON", "y"]) {
    assert.equal(open({ server, "insecure-skip-tls-verify": word }).isUnverified, true, word);
  }
  for (const word of ["no", "off", "N"]) {
    assert.equal(open({ server, "insecure-skip-tls-verify": word }).isUnverified, undefined, word);
  }
  assert.match(complaint({ server, "insecure-skip-tls-verify": "0" }), /neither true nor false: write/);
  assert.equal(
    open({ server, "insecure-skip-tls-verify": false, "tls-server-name": "" }).isUnverified,
    undefined,
  );
});

Deno.test("no verification beside an authority is a contradiction, as for kubectl", () => {
  for (const authority of ["certificate-authority", "certificate-authority-data"]) {
    assert.match(
      complaint({ server, "insecure-skip-tls-verify": true, [authority]: btoa("CA") }),
      /both insecure-skip-tls-verify and a certificate-authority/,
    );
  }
});

Deno.test("without TLS there is nothing to verify and nothing to refuse", () => {
  open({ server: "http://127.0.0.1:8001", "insecure-skip-tls-verify": true });
});

Deno.test("no credentials are sent in the clear", async () => {
  const access = await open({ server: "http://127.0.0.1:8001" }, { token: "a-token" }).credentials.current();
  assert.deepEqual(access, { headers: {} });
});

Deno.test("of a server's name that can be none it is said why", () => {
  assert.match(
    complaint({ server: "https://api..example.com" }),
    /its server has a dot too many in its host/,
  );
  const proxied = complaint({ server, "proxy-url": "socks5://proxy-.example.com" });
  assert.match(proxied, /its proxy-url has a hyphen at an end of a part of its host/);
});

Deno.test("a proxy has to be one that fetch can speak to", () => {
  assert.equal(open({ server, "proxy-url": "socks5://127.0.0.1" }).proxy?.label, "127.0.0.1:1080");
  assert.equal(open({ server }).proxy, undefined);
  assert.match(
    complaint({ server, "proxy-url": "ftp://x" }),
    /proxy-url is not an http:\/\/, https:\/\/ or socks5:\/\//,
  );
});
