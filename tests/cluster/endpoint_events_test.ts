import assert from "node:assert/strict";
import type { EndpointNotice } from "../../src/delivery/notice.ts";
import { createPods, manifest } from "../kit/cluster_pods.ts";
import { SECRET, webhook } from "../kit/confidential.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { realCluster, writeKubeconfig } from "../kit/kubeconfig.ts";
import { Leaping } from "../kit/leaping.ts";
import { Receiver } from "../kit/receiver.ts";

/*
 * An endpoint fails for some minutes and works again: the other one hears of it, signed, and where kube/events was applied,
 * the API server has an Event about the program's own pod. With the rights of the service account of kube/.
 */

const KUBE = new URL("../../kube", import.meta.url).pathname;
const MINUTE = 60_000;

/** Two receivers, and a program that runs as the pod k8svent-0 of kube/. */
class Stage implements AsyncDisposable {
  private constructor(readonly a: Receiver, readonly ops: Receiver, readonly program: Leaping) {}

  static async set(plane: ControlPlane): Promise<Stage> {
    const a = await Receiver.start({ secrets: [SECRET] });
    const ops = await Receiver.start({ secrets: [SECRET] });
    const token = await plane.kubectl(["create", "token", "k8svent", "-n", "k8svent"]);
    const kubeconfig = await writeKubeconfig(plane, await realCluster(plane), { token: token.trim() });
    const program = new Leaping({
      kubeconfig,
      flags: ["--url", webhook("a", a), "--url", webhook("ops", ops), "--notices", "ops", "-n", "k8svent"],
      env: { POD_NAME: "k8svent-0", POD_NAMESPACE: "k8svent" },
    });
    return new Stage(a, ops, program);
  }

  /** Notices about endpoints that `ops` got, each with a good signature. */
  get notices(): EndpointNotice[] {
    return this.ops.deliveries
      .filter(({ headers }) => headers["k8svent-event"] === "k8svent.endpoint")
      .map(({ text }) => JSON.parse(text));
  }

  /** Lets minutes pass until the notice is there. */
  async until(what: EndpointNotice["what"]): Promise<EndpointNotice> {
    for (let tries = 0; tries < 60; tries++) {
      const found = this.notices.find((notice) => notice.what === what);
      if (found !== undefined) return found;
      await this.program.clock.leap(MINUTE);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`No notice ${what}: ${this.program.log.at("warn").join("\n")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.a.reply = () => ({ status: 200 });
    await this.program.end();
    await this.a.close();
    await this.ops.close();
  }
}

/** An endpoint that fails for minutes and then works again. */
async function failAndRecover(plane: ControlPlane, name: string): Promise<Stage> {
  const stage = await Stage.set(plane);
  const { a, program } = stage;
  await program.until("/readyz", /^200 ok/);
  a.reply = () => ({ status: 503 });
  await createPods(plane, [manifest(name, { namespace: "k8svent" })]);
  await a.until(() => a.about(name).length > 0, "the first attempt");
  const { since, ...failing } = await stage.until("failing");
  assert.ok(program.clock.now() - Date.parse(since) >= MINUTE);
  assert.deepEqual({ ...failing, why: "" }, {
    type: "k8svent.endpoint",
    endpoint: "a",
    what: "failing",
    pending: failing.pending,
    deadLetters: 0,
    lost: 0,
    why: "",
  });
  assert.match(failing.why, /^Endpoint a has accepted nothing for .*: status 503/);
  a.reply = () => ({ status: 200 });
  const recovered = await stage.until("recovered");
  assert.match(recovered.why, /^Endpoint a works again, for/);
  assert.ok(stage.a.deliveries.every(({ headers }) => headers["k8svent-event"] !== "k8svent.endpoint"));
  return stage;
}

interface Event {
  reason: string;
  type: string;
  note: string;
  regarding: { kind: string; name: string; uid: string };
}

async function eventsOf(plane: ControlPlane): Promise<Event[]> {
  const given = ["get", "events.events.k8s.io", "-n", "k8svent", "-o", "json"];
  const { items } = JSON.parse(await plane.kubectl(given)) as { items: Event[] };
  return items.filter(({ regarding }) => regarding.name === "k8svent-0");
}

clusterTest(
  "an endpoint that fails for minutes is said to the others, and to Kubernetes where it may be",
  async () => {
    await using plane = await startControlPlane();
    // Without the standard that namespace.yaml enforces on its pods: these have no image that would meet it.
    await plane.kubectl(["create", "namespace", "k8svent"]);
    await plane.kubectl(["apply", "-f", `${KUBE}/rbac.yaml`]);
    await createPods(plane, [manifest("k8svent-0", { namespace: "k8svent" })]);
    {
      await using stage = await failAndRecover(plane, "web-0");
      assert.deepEqual(await eventsOf(plane), []);
      const { log } = stage.program;
      assert.ok(log.at("debug").includes("The Kubernetes Event about an endpoint was not taken."));
      assert.ok(!log.at("warn").some((message) => /Event|forbid/.test(message)), "it is silent all the same");
    }

    await plane.kubectl(["apply", "-f", `${KUBE}/events/rbac.yaml`]);
    {
      await using stage = await failAndRecover(plane, "web-1");
      for (let tries = 0; (await eventsOf(plane)).length < 2; tries++) {
        assert.ok(tries < 100, stage.program.log.at("debug").join("\n"));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const events = (await eventsOf(plane)).sort((one, other) => one.reason.localeCompare(other.reason));
      assert.deepEqual(events.map(({ reason, type }) => [reason, type]), [
        ["EndpointFailing", "Warning"],
        ["EndpointRecovered", "Normal"],
      ]);
      assert.match(events[0]?.note ?? "", /^Endpoint a has accepted nothing for/);
      const described = await plane.kubectl(["describe", "pod", "k8svent-0", "-n", "k8svent"]);
      assert.match(described, /Warning +EndpointFailing .* k8svent +Endpoint a has accepted nothing for/);
      const got = await plane.kubectl(["get", "events", "-n", "k8svent"]);
      assert.match(got, /Normal +EndpointRecovered +pod\/k8svent-0 +Endpoint a works again/);
    }
  },
);
