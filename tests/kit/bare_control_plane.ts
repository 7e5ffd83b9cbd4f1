import { generateKeyPairSync, randomUUID } from "node:crypto";
import { run } from "./command.ts";
import { freePort } from "./port.ts";

/**
 * Starts etcd and kube-apiserver from a folder of programs, and leaves in `dir` what envtest's `up.sh` leaves
 * there: `kubeconfig`, `sa/`, `env`, `log/kube-apiserver.cmd`. Returns before the API server is ready.
 * It honours the same variables: ENVTEST_PORT, ENVTEST_COMPACTION, ENVTEST_APISERVER_ARGS.
 *
 * Credentials are tokens and the serving certificate is the one that kube-apiserver makes for itself: this
 * needs no openssl.
 */
export async function launchBare(assets: string, dir: string, env: Record<string, string>): Promise<void> {
  const port = Number(env.ENVTEST_PORT ?? freePort());
  const etcd = `http://127.0.0.1:${freePort()}`;
  const peer = `http://127.0.0.1:${freePort()}`;
  const token = randomUUID();
  for (const folder of ["log", "pki", "sa"]) await Deno.mkdir(`${dir}/${folder}`, { recursive: true });
  await writeCredentials(dir, port, token);
  const apiServer = [
    `${assets}/kube-apiserver --etcd-servers ${etcd} --secure-port ${port} --bind-address 127.0.0.1`,
    `--endpoint-reconciler-type none --cert-dir ${dir}/apiserver --token-auth-file ${dir}/pki/tokens.csv`,
    `--service-account-issuer https://kubernetes.default.svc --service-account-key-file ${dir}/pki/sa.pub`,
    `--service-account-signing-key-file ${dir}/pki/sa.key --authorization-mode RBAC`,
    `--service-cluster-ip-range 10.0.0.0/24 --allow-privileged=true`,
    `--disable-admission-plugins ServiceAccount ${env.ENVTEST_APISERVER_ARGS ?? ""}`,
  ].join(" ");
  await Deno.writeTextFile(`${dir}/log/kube-apiserver.cmd`, apiServer);
  const etcdPid = await daemon(
    `${assets}/etcd --data-dir ${dir}/etcd --unsafe-no-fsync --log-level error ` +
      `--auto-compaction-mode periodic --auto-compaction-retention ${env.ENVTEST_COMPACTION ?? "5m"} ` +
      `--listen-client-urls ${etcd} --advertise-client-urls ${etcd} --listen-peer-urls ${peer} ` +
      `--initial-advertise-peer-urls ${peer} --initial-cluster default=${peer}`,
    `${dir}/log/etcd.log`,
  );
  const apiServerPid = await daemon(apiServer, `${dir}/log/kube-apiserver.log`);
  const lines = [`SERVER=https://127.0.0.1:${port}`, `ETCD=${etcd}`, `ETCD_PID=${etcdPid}`];
  await Deno.writeTextFile(`${dir}/env`, [...lines, `APISERVER_PID=${apiServerPid}`, ""].join("\n"));
}

/**
 * Starts a command line in the background and gives its process id. Through a shell, so that init adopts it:
 * a child of the test's own process would trip the sanitizers for as long as it lives.
 */
export async function daemon(commandLine: string, log: string): Promise<string> {
  return (await run("/bin/sh", ["-c", `${commandLine} >>'${log}' 2>&1 </dev/null & echo $!`])).trim();
}

/** The folder that a pod would have mounted, for the account default/k8svent, which has no rights yet. */
export async function writeServiceAccount(
  dir: string,
  kubectl: (args: string[]) => Promise<string>,
): Promise<void> {
  await kubectl(["create", "serviceaccount", "k8svent", "--namespace=default"]);
  const token = await kubectl(["create", "token", "k8svent", "--namespace=default", "--duration=24h"]);
  await Deno.writeTextFile(`${dir}/sa/token`, token.trim());
  await Deno.writeTextFile(`${dir}/sa/namespace`, "default");
  await Deno.copyFile(`${dir}/apiserver/apiserver.crt`, `${dir}/sa/ca.crt`);
}

async function writeCredentials(dir: string, port: number, token: string): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await Deno.writeTextFile(`${dir}/pki/sa.pub`, publicKey.export({ type: "spki", format: "pem" }).toString());
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  await Deno.writeTextFile(`${dir}/pki/sa.key`, key);
  await Deno.writeTextFile(`${dir}/pki/tokens.csv`, `${token},admin,admin,system:masters\n`);
  const server = `https://127.0.0.1:${port}`;
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "envtest",
    contexts: [{ name: "envtest", context: { cluster: "envtest", user: "admin", namespace: "default" } }],
    clusters: [{
      name: "envtest",
      cluster: { server, "certificate-authority": `${dir}/apiserver/apiserver.crt` },
    }],
    users: [{ name: "admin", user: { token } }],
  };
  // JSON is YAML, which is what kubeconfig is read as.
  await Deno.writeTextFile(`${dir}/kubeconfig`, JSON.stringify(kubeconfig, null, 2));
}
