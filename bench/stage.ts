import { type ControlPlane, startControlPlane } from "../tests/kit/control_plane.ts";
import { Admin } from "./admin.ts";
import { Pods } from "./pods.ts";
import { ReceiverProcess } from "./receiver_process.ts";
import { Watches } from "./watches.ts";

/** What every contender is measured on. */
export interface Stage {
  /** A real one, whose service account may do what kube/rbac.yaml lets it do. */
  plane: ControlPlane;
  admin: Admin;
  pods: Pods;
  receiver: ReceiverProcess;
  watches: Watches;
}

/**
 * Starts all of it; disposing of it ends all of it.
 *
 * @param padding bytes that each pod has besides what an ordinary one has
 */
export async function openStage(padding = 0): Promise<Stage & AsyncDisposable> {
  await using parts = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "k8svent-bench-audit-" });
  parts.defer(() => Deno.remove(folder, { recursive: true }));
  const { watches, flags } = await Watches.prepare(folder);
  const plane = parts.use(await startControlPlane({ env: { ENVTEST_APISERVER_ARGS: flags } }));
  await plane.kubectl(["create", "clusterrole", "k8svent", "--verb=get,list,watch", "--resource=pods"]);
  const subject = "--serviceaccount=default:k8svent";
  await plane.kubectl(["create", "clusterrolebinding", "k8svent", "--clusterrole=k8svent", subject]);
  const admin = parts.use(await Admin.open(plane));
  const receiver = parts.use(await ReceiverProcess.start());
  const pods = new Pods(admin, padding);
  const kept = parts.move();
  return { plane, admin, pods, receiver, watches, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
