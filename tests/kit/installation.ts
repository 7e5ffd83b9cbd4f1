import { manifest } from "./cluster_pods.ts";
import type { ControlPlane } from "./control_plane.ts";
import type { Program } from "./program.ts";
import { Receiver } from "./receiver.ts";
import { REPOSITORY } from "./registry.ts";

/** What the cluster says of the pod that the program runs in; by default a pod of kube/ on its floating tag. */
export interface OwnPod {
  /** Of the registry, `HOST:PORT`. */
  host: string;
  /** What the node says that it runs. */
  digest: string;
  /** `latest` by default; one that begins with `@` is a digest. */
  tag?: string;
  /** In the namespace `k8svent` by default. */
  namespace?: string;
  /** Fields of its container, in place of those of kube/. */
  container?: Record<string, unknown>;
  /** Fields of its container's status, in place of those of a first start. */
  status?: Record<string, unknown>;
}

let pods = 0;

/**
 * Creates the pod, with the status that a kubelet would have written.
 *
 * @returns the variables of the downward API
 */
export async function createOwnPod(plane: ControlPlane, own: OwnPod): Promise<Record<string, string>> {
  const { host, digest, tag = "latest", namespace = "k8svent", container = {}, status = {} } = own;
  const name = `k8svent-${++pods}`;
  const image = `${host}/${REPOSITORY}${tag.startsWith("@") ? "" : ":"}${tag}`;
  const containers = [{ name: "k8svent", image, imagePullPolicy: "Always", ...container }];
  const pod = manifest(name, { namespace }, { containers, restartPolicy: "Always" });
  await plane.kubectl(["create", "-f", "-"], JSON.stringify(pod));
  const imageID = `${host}/${REPOSITORY}@${digest}`;
  const said = { name: "k8svent", image, imageID, ready: true, restartCount: 0, ...status };
  const patch = JSON.stringify({ status: { containerStatuses: [said] } });
  const where = ["pod", name, "-n", namespace, "--subresource=status", "--type=merge"];
  await plane.kubectl(["patch", ...where, "-p", patch]);
  return { POD_NAME: name, POD_NAMESPACE: namespace };
}

/** A running program and the receiver that it delivers to. */
export interface Installation extends AsyncDisposable {
  program: Program;
  receiver: Receiver;
}

/** @param start starts the program so that it delivers to this URL */
export async function install(start: (url: string) => Promise<Program>): Promise<Installation> {
  const receiver = await Receiver.start();
  const program = await start(receiver.url);
  return {
    program,
    receiver,
    async [Symbol.asyncDispose](): Promise<void> {
      await program[Symbol.asyncDispose]();
      await receiver.close();
    },
  };
}
