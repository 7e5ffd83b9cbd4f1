import { isIPv6 } from "node:net";
import type { Log } from "../runtime/log.ts";
import { bearer, type Cluster, reread } from "./cluster.ts";
import { KeptFile } from "./kept_file.ts";

/** Where the kubelet mounts a pod's service account: `token`, `ca.crt` and `namespace`. */
export const SERVICE_ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The cluster that this pod runs in. The kubelet rotates the token before it expires and the CA when it
 * changes: both are read anew for each request.
 *
 * @param host KUBERNETES_SERVICE_HOST: a name or an address, IPv6 without brackets
 * @param port KUBERNETES_SERVICE_PORT
 */
export function inCluster(host: string, port: string, folder: string, log: Log): Cluster {
  const token = new KeptFile(`${folder}/token`, "unauthorized", log);
  const ca = new KeptFile(`${folder}/ca.crt`, "certificate", log);
  return {
    server: new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`),
    trust: () => ca.text(),
    credentials: reread(async () => ({ headers: bearer(await token.text()) })),
  };
}
