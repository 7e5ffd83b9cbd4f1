/**
 * What the redesign of issue 11 gains and the code before it could not pass: each gain widens the histories, or
 * tightens the oracle, as soon as it is switched on here. When all are on, this file goes.
 *
 * `K8SVENT_MODEL_GAINS=powerCuts,evidence` (or `all`) switches gains on for one run, to see what they find.
 */
const SWITCHES = {
  /**
   * Fault 1, "Content that a receiver will not take stops the whole endpoint": filters of every kind (401 … 503, a
   * reset, a TLS alert, garbage), and the rule of dead letters as the docs say it: whatever the answer was, a dead
   * letter blocks its pod and name only, and a transition gives way after three failed retries as a dead letter.
   */
  evidence: false,
  /**
   * Fault 2, "etcd restored to a version that has passed the old watermark (`--bump-revision`, or writes before the next
   * list)". And, found by this model: with several namespaces a scope that slept through one restore takes the next
   * for that one, so that both have one epoch.
   */
  forwardRestores: false,
  /** Fault 3, "What an annotation's webhook has pending about a deleted pod is given up by every restart". */
  annotationsOverRestarts: false,
  /** Fault 4, "With several namespaces an inventory makes an obedient receiver forget a live pod". */
  inventoryOfScopes: false,
  /** Fault 6, "A power cut": order holds though the state goes back to the last completed fdatasync. */
  powerCuts: false,
  /** Fault 7, "a *start* with a full disk is refused", and redesign.md §1, "A crash while the disk is full". */
  deathWithoutDisk: false,
  /**
   * Found by this model: a pod whose end is pending as a dead letter comes back with a restore. Its `pod.changed` takes the
   * place of the `pod.deleted`, and must not keep the reason `deleted`.
   */
  reasonsOfReturned: false,
  /** Fault 8, "a body that was reduced between two attempts changes the id". */
  idsOfReducedBodies: false,
};

/** The name of a gain. */
export type Gain = keyof typeof SWITCHES;

const asked = (Deno.env.get("K8SVENT_MODEL_GAINS") ?? "").split(",");

/** Whether a gain is switched on. */
export function gained(gain: Gain): boolean {
  return SWITCHES[gain] || asked.includes(gain) || asked.includes("all");
}
