import { pemBlocks, pemText } from "../../../src/runtime/pem.ts";
import { issueCertificate } from "../../kit/certificates.ts";
import { MARK } from "../../kit/confidential.ts";
import { ANY_HOOK, type Area, kubeconfig, type Situation } from "../situation.ts";

const SERVER = "https://127.0.0.1:{free}";

/** A certificate with a zero byte behind it, in one block. */
const STRAY = pemText(
  "CERTIFICATE",
  Uint8Array.from([...pemBlocks(issueCertificate("an authority").cert)[0]?.der ?? [], 0]),
);

/** A kubeconfig of one's own, with which a snapshot is begun. */
function using(text: string, more: Partial<Situation> = {}): Situation {
  return {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    ...more,
    files: { config: text, ...more.files },
  };
}

function user(entry: Record<string, unknown>, more: Partial<Situation> = {}): Situation {
  return using(kubeconfig({ server: SERVER }, entry), more);
}

function cluster(entry: Record<string, unknown>, more: Partial<Situation> = {}): Situation {
  return using(kubeconfig(entry), more);
}

function plugin(command: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    exec: { apiVersion: "client.authentication.k8s.io/v1", command, interactiveMode: "Never", ...more },
  };
}

/** A credential plugin that is this script. */
function script(text: string): Situation {
  return user(plugin("{dir}/plugin"), {
    files: { plugin: `#!/bin/sh\n${text}\n` },
    modes: { plugin: 0o755 },
  });
}

export const KUBECONFIG: Area = {
  "No cluster anywhere": { args: ANY_HOOK, cluster: null },
  "A kubeconfig that is missing": {
    args: ["--once", "--kubeconfig", "{dir}/missing"],
    cluster: null,
  },
  "KUBECONFIG names a file that is missing": {
    args: ["--once"],
    env: { KUBECONFIG: "{dir}/missing" },
    cluster: null,
  },
  "KUBECONFIG names two files that are missing": {
    args: ["--once"],
    env: { KUBECONFIG: "{dir}/one:{dir}/two" },
    cluster: null,
  },
  "A kubeconfig that is a folder": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    files: { "config/": "" },
  },
  "A kubeconfig that is empty": using(""),
  "A kubeconfig that is /dev/null": {
    args: ["--once", "--kubeconfig", "/dev/null"],
    cluster: null,
  },
  "A kubeconfig that belongs to the system": {
    args: ["--once", "--kubeconfig", "/proc/version"],
    cluster: null,
  },
  "A kubeconfig below a tilde": { args: ["--once", "--kubeconfig", "~/.kube/config"], cluster: null },
  "A list of kubeconfigs for --kubeconfig": {
    args: ["--once", "--kubeconfig", "{dir}/one:{dir}/two"],
    cluster: null,
    files: { one: kubeconfig({ server: SERVER }), two: kubeconfig({ server: SERVER }) },
  },
  "A kubeconfig that is a Secret": using("apiVersion: v1\nkind: Secret\ndata:\n  config: aGVsbG8=\n"),
  "A kubeconfig with tabs": using("clusters:\n\t- name: dev\n"),
  "A kubeconfig in base64": using(btoa(kubeconfig({ server: SERVER }))),
  "A kubeconfig of a template": using("apiVersion: v1\nclusters: {{ .Values.clusters }}\n"),
  "A kubeconfig with a server of a template": cluster({ server: "<nil>" }),
  "A kubeconfig with a server that is a variable": cluster({ server: "https://${HOST}:6443" }),
  "A kubeconfig with a server in quotes": cluster({ server: `"https://127.0.0.1:6443"` }),
  "A kubeconfig by standard input": {
    args: ["--once", "--kubeconfig", "/dev/stdin"],
    cluster: null,
    stdin: kubeconfig({ server: SERVER }),
  },
  "A kubeconfig by standard input that is empty": {
    args: ["--once", "--kubeconfig", "/dev/stdin"],
    cluster: null,
    stdin: "",
  },
  "A kubeconfig that is no YAML": using("a: [b\nc: }"),
  "A kubeconfig that is a list": using("- a\n- b\n"),
  "A kubeconfig that is something else": using("hello\n"),
  "A kubeconfig without a current context": using(
    kubeconfig({ server: SERVER }, {}, { "current-context": "" }),
  ),
  "A current context that does not exist": using(
    kubeconfig({ server: SERVER }, {}, { "current-context": "prod" }),
  ),
  "--context that does not exist": using(kubeconfig({ server: SERVER }), {
    args: ["--once", "--kubeconfig", "{dir}/config", "--context", "prod"],
  }),
  "--context without any kubeconfig": { args: ["--once", "--context", "prod"], cluster: null },
  "A context whose cluster does not exist": using(kubeconfig({ server: SERVER }, {}, { clusters: [] })),
  "A context whose user does not exist": using(kubeconfig({ server: SERVER }, {}, { users: [] })),
  "Contexts that are no list": using(kubeconfig({ server: SERVER }, {}, { contexts: "dev" })),
  "A cluster without a server": cluster({}),
  "A server that is no URL": cluster({ server: "https://bad host:6443" }),
  "A server of another scheme": cluster({ server: "ftp://127.0.0.1:6443" }),
  "A server with a user in its URL": cluster({ server: `https://me:${MARK}@127.0.0.1:{free}` }),
  "insecure-skip-tls-verify": cluster({ server: SERVER, "insecure-skip-tls-verify": true }),
  "tls-server-name": cluster({ server: SERVER, "tls-server-name": "kubernetes" }),
  "A certificate authority whose file is missing": cluster({
    server: SERVER,
    "certificate-authority": "{dir}/ca.crt",
  }),
  "A certificate authority that is no PEM": cluster({
    server: SERVER,
    "certificate-authority-data": btoa("not a certificate"),
  }),
  "A token file whose token is in quotes": user({ tokenFile: "{dir}/token" }, {
    files: { token: `"${MARK}"\n` },
  }),
  "A token file whose name is in quotes": user({ tokenFile: '"{dir}/token"' }, { files: { token: MARK } }),
  "A token with the word Bearer": user({ token: `Bearer ${MARK}` }),
  "A certificate authority with a byte behind its end, in a file": cluster({
    server: SERVER,
    "certificate-authority": "{dir}/ca.crt",
  }, { files: { "ca.crt": STRAY } }),
  "A certificate authority with a byte behind its end": cluster({
    server: SERVER,
    "certificate-authority-data": btoa(STRAY),
  }),
  "A certificate authority that is not valid base64": cluster({
    server: SERVER,
    "certificate-authority-data": "!!!",
  }),
  "A proxy-url that is no URL": cluster({ server: SERVER, "proxy-url": "not a url" }),
  "A proxy-url of another scheme": cluster({ server: SERVER, "proxy-url": "socks4://127.0.0.1:1080" }),
  "A client certificate without its key": user({ "client-certificate-data": btoa("x") }),
  "A client certificate whose file is missing": user({
    "client-certificate": "{dir}/me.crt",
    "client-key": "{dir}/me.key",
  }),
  "A client certificate that is none": user({
    "client-certificate-data": btoa("not a certificate"),
    "client-key-data": btoa("not a key"),
  }),
  "A token file that is missing": user({ tokenFile: "{dir}/token" }),
  "A token with a line end in it": user({ token: `${MARK}\ntoken` }),
  "A token that is a number": user({ token: 5 }),
  "A token that is empty": user({ token: " " }),
  "A token in quotes": user({ token: `"${MARK}"` }),
  "A token and a user name": user({ token: MARK, username: "me", password: MARK }),
  "A token file that is empty": user({ tokenFile: "{dir}/token" }, { files: { token: "\n" } }),
  "A token file that is a folder": user({ tokenFile: "{dir}/token" }, { files: { "token/": "" } }),
  "A plugin and an auth provider": user({ ...plugin("true"), "auth-provider": { name: "oidc" } }),
  "A credential plugin that is a folder": user(plugin("{dir}/plugin"), { files: { "plugin/": "" } }),
  "A credential plugin whose interpreter is missing": user(plugin("{dir}/plugin"), {
    files: { plugin: "#!/no/such/interpreter\n" },
    modes: { plugin: 0o755 },
  }),
  "A credential plugin that prints another version": script(
    `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"x"}}'`,
  ),
  "A credential plugin that gives a certificate without its key": script(
    `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"clientCertificateData":"x"}}'`,
  ),
  "A credential plugin that is ended by a signal": script("kill -9 $$"),
  "A user name without a password": user({ username: "me" }),
  "An auth provider that is gone": user({ "auth-provider": { name: "gcp", config: {} } }),
  "An auth provider that nobody knows": user({ "auth-provider": { name: "magic" } }),
  "A credential plugin that is missing": user(
    plugin("no-such-plugin", { installHint: "Get it from the shop." }),
  ),
  "A credential plugin by a path that is missing": user(plugin("{dir}/no-such-plugin")),
  "A credential plugin that may not be run": user(plugin("{dir}/plugin"), {
    files: { plugin: "#!/bin/sh\n" },
    modes: { plugin: 0o644 },
  }),
  "A credential plugin without a command": user(plugin("")),
  "A credential plugin of a version that is gone": user(
    plugin("true", { apiVersion: "client.authentication.k8s.io/v1alpha1" }),
  ),
  "A credential plugin that wants to talk to a person": user(plugin("true", { interactiveMode: "Always" })),
  "A credential plugin that fails": script(`echo "please log in" >&2; exit 3`),
  "A credential plugin that fails without a word": script("exit 1"),
  "A credential plugin that prints nothing": script("true"),
  "A credential plugin that prints no JSON": script("echo hello"),
  "A credential plugin that prints something else": script(`echo '{"kind":"Pod"}'`),
  "A credential plugin without a status": script(
    `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}'`,
  ),
  "A credential plugin that gives neither token nor certificate": script(
    `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}}'`,
  ),
};
