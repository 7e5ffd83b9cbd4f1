import { isIPv6 } from "node:net";
import { hostFault } from "../runtime/host_name.ts";
import type { Log } from "../runtime/log.ts";
import { bearer, type Cluster, reread } from "./cluster.ts";
import { KeptFile } from "./kept_file.ts";
import { ClusterSetupError } from "./setup_error.ts";

/** Where the kubelet mounts a pod's service account: `token`, `ca.crt` and `namespace`. */
export const SERVICE_ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The cluster that this pod runs in. The kubelet rotates the token before it expires and the CA when it
 * changes: both are read anew for each request.
 *
 * @param host KUBERNETES_SERVICE_HOST: a name or an address, IPv6 without brackets
 * @param port KUBERNETES_SERVICE_PORT
 * @throws {ClusterSetupError} where the two make no address. A Service of the pod's namespace called `kubernetes` sets
 * them to its own, and one called `kubernetes-service` sets the port to a URL: variables of service links win over those
 * of the cluster.
 */
export function inCluster(host: string, port: string, folder: string, log: Log): Cluster {
  const token = new KeptFile(`${folder}/token`, "unauthorized", log);
  const ca = new KeptFile(`${folder}/ca.crt`, "certificate", log);
  return {
    server: addressOf(host.trim(), port.trim()),
    trust: () => ca.text(),
    trustFrom: `the file ${folder}/ca.crt`,
    isUncompressed: true,
    credentials: reread(async () => ({ headers: bearer(await token.text(), `the file ${token.path}`) })),
  };
}

function addressOf(host: string, port: string): URL {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  const isPort = /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
  const url = /^[A-Za-z0-9._:-]+$/.test(bare)
    ? URL.parse(`https://${isIPv6(bare) ? `[${bare}]` : bare}:${isPort ? port : "443"}`)
    : null;
  if (url !== null && isPort && hostFault(url.hostname) === undefined) return url;
  const [variable, value, wanted] = isPort
    ? ["KUBERNETES_SERVICE_HOST", host, "a name or an address"]
    : ["KUBERNETES_SERVICE_PORT", port, "a port"];
  throw new ClusterSetupError(
    `${variable} is "${
      value.slice(0, 60)
    }", which is not ${wanted}. A Service in the pod's namespace whose name begins ` +
      "with kubernetes may have set it: set enableServiceLinks: false in the pod's spec, rename the Service, or name the " +
      "API server in KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT.",
  );
}
