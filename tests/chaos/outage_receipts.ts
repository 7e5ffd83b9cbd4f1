/** What the receiver got of one UID after the outage. */
export interface Received {
  requests: number;
  /** Requests that tell of a transition, the deletion among them. */
  transitions: number;
  /** Versions that the requests stand for, by `k8svent-coalesced`. */
  versions: number;
  last: string;
  lastEvent: string;
  /** Whether each version was greater than the one before: none came twice, none went back. */
  inOrder: boolean;
}

/** Counts what comes, without keeping it: its own memory must not be what the test measures. */
export class Receipts {
  readonly pods = new Map<string, Received>();
  /** Requests that met the outage. */
  refused = 0;
  /** Requests after it. */
  taken = 0;

  take(headers: Record<string, string>, body: Uint8Array): void {
    this.taken++;
    const { metadata } = (JSON.parse(new TextDecoder().decode(body)) as {
      pod: { metadata: { uid: string; resourceVersion: string } };
    }).pod;
    const before = this.pods.get(metadata.uid);
    const received = before ??
      { requests: 0, transitions: 0, versions: 0, last: "0", lastEvent: "", inOrder: true };
    received.requests++;
    if (TRANSITION.test(headers["k8svent-reason"] ?? "")) received.transitions++;
    received.versions += 1 + Number(headers["k8svent-coalesced"] ?? 0);
    received.inOrder &&= Number(metadata.resourceVersion) > Number(received.last);
    received.last = metadata.resourceVersion;
    received.lastEvent = headers["k8svent-event"] ?? "";
    this.pods.set(metadata.uid, received);
  }
}

const TRANSITION = /\b(phase|terminated|restarted|unselected|deleted)\b/;
