import assert from "node:assert/strict";
import { createPods, deletePods, manifest } from "../kit/cluster_pods.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { isDeletion, startDelivering } from "../kit/delivering.ts";
import { freePort } from "../kit/port.ts";
import type { Delivery } from "../kit/receiver.ts";
import { SlowReads } from "../kit/slow_reads.ts";

clusterTest("pods that leave a selection are looked up beside the others", async (context) => {
  await using plane = await startControlPlane();
  for (const [sentence, step] of Object.entries(STEPS)) await context.step(sentence, () => step(plane));
});

const STEPS: Record<string, (plane: ControlPlane) => Promise<void>> = {
  "with a Role of list and watch only, they are sent as deleted, not observed; that is said, and others go on":
    async (
      plane,
    ) => {
      await grant(plane, "list,watch");
      const labels = { team: "a" };
      await createPods(plane, ["leaves", "dies", "stays", "later"].map((name) => manifest(name, { labels })));
      const port = freePort();
      await using run = await startDelivering(
        ["--namespace", "default", "--selector", "team=a", "--listen", `127.0.0.1:${port}`],
        inPod(plane),
      );
      const { program, receiver } = run;
      await program.until(
        /"warn".*may not get the pods of namespace default.*kubectl apply -n default -f kube\/rbac-n/,
      );
      await receiver.until(() => receiver.state.pods.size === 4, "the selected pods");
      await program.until(/Listed 4 pods in [\d.]+ m?s, watching\./);

      await plane.kubectl(["label", "--overwrite", "pod", "leaves", "team=b"]);
      await deletePods(plane, "dies");
      // While nobody knows what became of those, this one is seen.
      await plane.kubectl(["label", "pod", "stays", "seen=yes"]);
      await receiver.until(() => receiver.about("stays").some(hasLabel), "the pod that stays");
      for (const name of ["leaves", "dies"]) {
        await receiver.until(() => receiver.about(name).some(isDeletion), `the end of ${name}`);
        assert.equal(receiver.about(name).at(-1)?.headers["k8svent-observed"], "false");
      }
      const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
      const text = await ready.text();
      assert.equal(ready.status, 200, text);
      assert.match(
        text,
        /^ok\nk8svent may not get the pods of namespace default: .* k8svent-observed: false\.\n$/,
      );

      await grant(plane, "get,list,watch");
      await plane.kubectl(["label", "--overwrite", "pod", "later", "team=b"]);
      await receiver.until(
        () => receiver.about("later").some(isUnselected),
        "unselected, now that it may be read",
      );
      assert.deepEqual(receiver.about("later").filter(isDeletion), []);
      assert.deepEqual(receiver.state.problems, []);
      assert.equal(await program.stop(), 0);
      await deletePods(plane, "leaves", "stays", "later");
    },

  "without watch, or without list, what is missing is named, in /readyz too, and it goes on when it is granted":
    async (
      plane,
    ) => {
      for (const [verbs, missing] of [["get,list", "watch"], ["get,watch", "list"]] as const) {
        await grant(plane, verbs);
        const port = freePort();
        await using run = await startDelivering(
          ["--namespace", "default", "--listen", `127.0.0.1:${port}`],
          inPod(plane),
        );
        await run.program.until(
          new RegExp(`"warn".*forbids \\S+ to ${missing} pods in the namespace default`),
        );
        const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
        assert.equal(ready.status, 503);
        assert.match(await ready.text(), new RegExp(`namespace default.* forbids \\S+ to ${missing} pods`));
        await grant(plane, "get,list,watch");
        await run.program.until(/The cluster answers again after /);
        assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200);
        assert.equal(await run.program.stop(), 0);
      }
    },

  "150 that are deleted at once, of which each takes 20 ms to look up, hold up nobody": async (plane) => {
    const names = Array.from({ length: 150 }, (_, pod) => `many-${pod}`);
    const labels = { team: "a" };
    await createPods(plane, ["other", ...names].map((name) => manifest(name, { labels })));
    await using slow = await SlowReads.open(plane, 20);
    await using run = await startDelivering(["--kubeconfig", slow.kubeconfig, "--selector", "team=a"]);
    const { program, receiver } = run;
    await receiver.until(() => receiver.state.pods.size === 151, "the selected pods");
    await deletePods(plane, ...names);
    const asked = Date.now();
    await plane.kubectl(["label", "pod", "other", "seen=yes"]);
    await receiver.until(() => receiver.about("other").some(hasLabel), "the other pod");
    const took = Date.now() - asked;
    await receiver.until(() => names.every((name) => receiver.about(name).some(isDeletion)), "all ends");
    assert(took < 2_000, `the other pod came after ${took} ms`);
    assert(slow.most > 1 && slow.most <= 8, `${slow.most} look-ups at a time`);
    assert(
      receiver.deliveries.filter(isDeletion).every(({ headers }) => headers["k8svent-observed"] !== "false"),
    );
    assert.deepEqual(receiver.state.problems, []);
    assert.equal(await program.stop(), 0);
  },
};

/** What the account of a pod may do with pods of the namespace `default`. */
async function grant(plane: ControlPlane, verbs: string): Promise<void> {
  const role = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { name: "some", namespace: "default" },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: verbs.split(",") }],
  };
  const binding = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: "some", namespace: "default" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "some" },
    subjects: [{ kind: "ServiceAccount", name: "k8svent", namespace: "default" }],
  };
  await plane.kubectl(
    ["apply", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items: [role, binding] }),
  );
}

function inPod({ server, serviceAccount }: ControlPlane): Record<string, string> {
  const { hostname, port } = new URL(server);
  return {
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
    K8SVENT_SERVICE_ACCOUNT: serviceAccount,
  };
}

function hasLabel({ body }: Delivery): boolean {
  return body?.pod.metadata.labels?.["seen"] === "yes";
}

function isUnselected({ headers }: Delivery): boolean {
  return /\bunselected\b/.test(headers["k8svent-reason"] ?? "");
}
