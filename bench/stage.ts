import { type ControlPlane, startControlPlane } from "../tests/kit/control_plane.ts";
import { Admin } from "./admin.ts";
import { Pods } from "./pods.ts";
import { ReceiverProcess } from "./receiver_process.ts";

/** What every contender is measured on. */
export interface Stage {
  /** A real one, whose service account may do what kube/rbac.yaml lets it do. */
  plane: ControlPlane;
  admin: Admin;
  pods: Pods;
  receiver: ReceiverProcess;
}

/**
 * Starts all of it; disposing of it ends all of it.
 *
 * @param padding bytes that each pod has besides what an ordinary one has
 */
export async function openStage(padding = 0): Promise<Stage & AsyncDisposable> {
  await using parts = new AsyncDisposableStack();
  const plane = parts.use(await startControlPlane());
  await plane.kubectl(["create", "clusterrole", "k8svent", "--verb=get,list,watch", "--resource=pods"]);
  const subject = "--serviceaccount=default:k8svent";
  await plane.kubectl(["create", "clusterrolebinding", "k8svent", "--clusterrole=k8svent", subject]);
  const admin = parts.use(await Admin.open(plane));
  const receiver = parts.use(await ReceiverProcess.start());
  const kept = parts.move();
  return { plane, admin, receiver, pods: new Pods(admin, padding), [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
