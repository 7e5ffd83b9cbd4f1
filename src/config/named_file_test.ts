import assert from "node:assert/strict";
import { fileFault, type FileFolders, fromFolderOf } from "./named_file.ts";

/** A disk of links: the path that each leads to. */
function linked(links: Record<string, string>): FileFolders["realPath"] {
  return (path) => {
    for (const [from, to] of Object.entries(links)) {
      if (path === from || path.startsWith(`${from}/`)) return `${to}${path.slice(from.length)}`;
    }
    if (path.includes("missing")) throw new Error("There is no such file.");
    return path;
  };
}

const STATE = "/var/lib/k8svent/state.db";

function fault(path: string, links: Record<string, string> = {}): string | undefined {
  return fileFault(path, { state: STATE, serviceAccount: "/account", realPath: linked(links) });
}

const TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";

for (
  const [path, links] of [
    [TOKEN, {}],
    ["/run/secrets/kubernetes.io/serviceaccount/token", {}],
    ["/var/run/secrets/kubernetes.io/serviceaccount", {}],
    ["/etc/k8svent/../../var/run/secrets/kubernetes.io/serviceaccount/ca.crt", {}],
    ["/var//run/./secrets/kubernetes.io/serviceaccount/..data/token", {}],
    ["/etc/k8svent/innocent", { "/etc/k8svent/innocent": TOKEN }],
    ["/proc/self/root/var/run/secrets/kubernetes.io/serviceaccount/token", { "/proc/self/root": "" }],
    ["/etc/k8svent/link/missing", { "/etc/k8svent/link": "/var/run/secrets/kubernetes.io/serviceaccount" }],
    ["/mnt/token", { "/var/run/secrets/kubernetes.io/serviceaccount": "/mnt" }],
  ] as [string, Record<string, string>][]
) {
  Deno.test(`${path} is the service account's, and may not be named`, () => {
    assert.match(fault(path, links) ?? "", /names a file of the service account/);
  });
}

Deno.test("a service account that is mounted elsewhere may not be named either", () => {
  assert.match(fault("/account/token") ?? "", /service account/);
  assert.equal(fault("/accountant/token"), undefined);
});

Deno.test("no file in the folder of the state may be named, also by a link", () => {
  assert.match(fault("/var/lib/k8svent/state.db-wal") ?? "", /in the folder of the state/);
  assert.match(fault("/etc/s", { "/etc/s": STATE }) ?? "", /in the folder of the state/);
});

for (
  const path of [
    "/var/run/secrets/k8svent/secret",
    "/var/run/secrets/kubernetes.io/serviceaccount-of-another/token",
    "/etc/k8svent/missing",
    "/var/lib/k8svent2/x",
  ]
) {
  Deno.test(`${path} may be named`, () => assert.equal(fault(path), undefined));
}

Deno.test("a path that is not absolute begins at the folder of the file that names it", () => {
  assert.equal(fromFolderOf("/etc/k8svent/k8svent.yaml", "ca.crt"), "/etc/k8svent/ca.crt");
  assert.equal(fromFolderOf("k8svent.yaml", "keys/ca.crt"), "keys/ca.crt");
  assert.equal(fromFolderOf("k8svent.yaml", "/ca.crt"), "/ca.crt");
});
