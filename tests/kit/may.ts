import type { ControlPlane } from "./control_plane.ts";

/** The account of the manifests and of the chart. */
const ACCOUNT = "system:serviceaccount:k8svent:k8svent";

/** Whether the account may do it, by the API server's own authorizer. @param scope as kubectl takes it: `-A`, or `-n` and a namespace */
export async function may(
  plane: ControlPlane,
  verb: string,
  resource: string,
  ...scope: string[]
): Promise<boolean> {
  // "no" is exit code 1.
  const answer = await plane.kubectl(["auth", "can-i", verb, resource, ...scope, `--as=${ACCOUNT}`])
    .catch((error: Error) => error.message);
  return answer.trim() === "yes";
}
