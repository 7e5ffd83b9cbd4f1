import type { Pod } from "../../src/pod/pod.ts";
import { compareVersions } from "../../src/pod/version.ts";
import { parseEveryNumber } from "./exact.ts";
import { type Verdict, verify } from "./signature.ts";

/** One request as it came, whatever it was answered with. */
export interface Delivery {
  /** The place in the order of arrival, from 0. */
  index: number;
  /** Milliseconds since the epoch, by the machine's clock. */
  at: number;
  method: string;
  /** Path and query. */
  path: string;
  /** By lower-case name. */
  headers: Record<string, string>;
  raw: Uint8Array;
  text: string;
  /** Numbers digit for digit; undefined where the body is not about a pod. */
  body: { pod: Pod; env?: Record<string, string> } | undefined;
  signature: Verdict;
}

/** What a receiver knows of one UID. */
export interface KnownPod {
  /** The newest object that was accepted. */
  pod: Pod;
  resourceVersion: string;
  deleted: boolean;
  /** The reason `unselected` came last: the sender has forgotten this pod. */
  unselected: boolean;
  /** How many different messages about it were accepted. */
  messages: number;
}

/**
 * What a good receiver keeps: it drops a `webhook-id` that it has accepted, and keeps the newest state of each
 * UID. Where a delivery breaks a promise of the sender, `problems` gets a sentence.
 */
export class ReceiverState {
  readonly pods = new Map<string, KnownPod>();
  readonly problems: string[] = [];
  /** The sum of `k8svent-lost`. */
  lost = 0;
  /** How often a message came again after it had been accepted. */
  duplicates = 0;
  #accepted = new Set<string>();
  #epoch = 0;

  /** Called for each delivery that was answered with 2xx. */
  accept(delivery: Delivery): void {
    const { headers, body } = delivery;
    const id = headers["webhook-id"] ?? "";
    if (this.#accepted.has(id)) {
      this.duplicates++;
      return;
    }
    this.#accepted.add(id);
    this.lost += Number(headers["k8svent-lost"] ?? 0);
    if (headers["k8svent-event"]?.startsWith("k8svent.") === true) return;
    if (body === undefined) return this.#complain(delivery, "has a body that is not a pod's");
    this.#noticeEpoch(headers["k8svent-epoch"]);
    this.#keep(delivery, body.pod);
  }

  /** The pod of that name that is not gone. */
  live(namespace: string, name: string): KnownPod | undefined {
    return [...this.pods.values()].find((known) =>
      !known.deleted && !known.unselected && known.pod.metadata.namespace === namespace &&
      known.pod.metadata.name === name
    );
  }

  /** Every pod that is neither gone nor forgotten, as it was last sent. */
  livePods(): Pod[] {
    return [...this.pods.values()].filter((known) => !known.deleted && !known.unselected).map(({ pod }) =>
      pod
    );
  }

  /** In a few lines, for a test that waited in vain. */
  summary(): string {
    const gone = [...this.pods.values()].filter((known) => known.deleted).length;
    return [
      `${this.#accepted.size} messages accepted, ${this.duplicates} duplicates, ${this.lost} lost`,
      `${this.pods.size} pods known, ${gone} of them deleted`,
      ...this.problems.slice(0, 5),
    ].join("; ");
  }

  #keep(delivery: Delivery, pod: Pod): void {
    const { uid, namespace, name, resourceVersion } = pod.metadata;
    const deleted = delivery.headers["k8svent-event"] === "pod.deleted";
    const unselected = (delivery.headers["k8svent-reason"] ?? "").split(",").includes("unselected");
    const known = this.pods.get(uid);
    if (known?.deleted === true) this.#complain(delivery, `comes after the deletion of ${namespace}/${name}`);
    if (known !== undefined && compareVersions(resourceVersion, known.resourceVersion) < 0) {
      this.#complain(delivery, `takes ${namespace}/${name} back from version ${known.resourceVersion}`);
      return;
    }
    const sameName = this.live(namespace, name);
    if (sameName !== undefined && sameName.pod.metadata.uid !== uid && !deleted) {
      this.#complain(delivery, `begins ${namespace}/${name} anew before its old pod ended`);
    }
    if (deleted !== (pod.status?.phase === "Deleted")) {
      this.#complain(delivery, `says ${delivery.headers["k8svent-event"]} of phase ${pod.status?.phase}`);
    }
    const messages = (known?.messages ?? 0) + 1;
    this.pods.set(uid, {
      pod,
      resourceVersion,
      deleted: deleted || known?.deleted === true,
      unselected,
      messages,
    });
  }

  /** After a restored etcd, versions cannot be compared with those before, and who was deleted may live again. */
  #noticeEpoch(header: string | undefined): void {
    const epoch = Number(header ?? this.#epoch);
    if (epoch <= this.#epoch) return;
    this.#epoch = epoch;
    for (const [uid, known] of this.pods) {
      if (known.deleted) this.pods.delete(uid);
      known.resourceVersion = "0";
    }
  }

  #complain(delivery: Delivery, what: string): void {
    this.problems.push(`delivery ${delivery.index} (${delivery.headers["k8svent-reason"]}) ${what}`);
  }
}

/** Reads a request's parts into a delivery. */
export function toDelivery(
  request: Omit<Delivery, "text" | "body" | "signature">,
  secrets: string[],
): Delivery {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(request.raw);
  return { ...request, text, body: parseBody(text), signature: verify(request, secrets) };
}

function parseBody(text: string): Delivery["body"] {
  try {
    const body = parseEveryNumber(text) as Partial<NonNullable<Delivery["body"]>>;
    return body.pod === undefined ? undefined : { ...body, pod: body.pod };
  } catch {
    return undefined;
  }
}
