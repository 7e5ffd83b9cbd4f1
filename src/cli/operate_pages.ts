import type { DeliveryState } from "../admin/admin.ts";
import { OUTPUT } from "./output.ts";
import type { ToolFlag, ToolPage } from "./tool.ts";

/*
 * What the commands say of themselves that ask a running program, or have it do something.
 */

/** States of a delivery, as a person names them. */
export const DELIVERY_STATES = ["delivered", "pending", "failed"] as const satisfies DeliveryState[];

/** How to reach the program, and what to print. */
export const REACH = {
  server: {
    value: "URL",
    help: "where the program's --admin-listen is reached; http://127.0.0.1:9090 by default [K8SVENT_SERVER]",
  },
  "token-file": {
    value: "FILE",
    help: "show the token in this file, that of its --admin-token-file [K8SVENT_ADMIN_TOKEN_FILE]",
  },
  output: OUTPUT,
} satisfies Record<string, ToolFlag>;

const CODES = "0 done, 1 it could not be done, 2 wrong usage.";

const ALL: ToolFlag = { help: "all dead letters of the endpoint" };

/** What makes one in a cluster reachable at a port of this machine. */
export function forward(port: string): string {
  return `kubectl -n k8svent port-forward deploy/k8svent ${port}:9090`;
}

/** `k8svent status`. */
export const STATUS_PAGE: ToolPage = {
  name: "k8svent status",
  usage: "[flags]",
  about: "Say how a running program and its endpoints do.",
  flags: REACH,
  examples: [forward("9090"), "k8svent status"],
  codes: "0 all is well, 1 something is wrong or nothing answers,\n2 wrong usage.",
};

/** `k8svent deliveries`. */
export const DELIVERIES_PAGE: ToolPage = {
  name: "k8svent deliveries",
  usage: "[ENDPOINT [ID]] [flags]",
  about: "List what was delivered lately, what is pending and what failed, of one endpoint or of each; or " +
    "show all that is kept of one delivery.",
  operands: ["[ENDPOINT]", "[ID]"],
  flags: {
    state: { value: "STATE", words: DELIVERY_STATES, help: "only delivered, pending or failed ones" },
    namespace: { short: "n", value: "NS", help: "only about pods of this namespace" },
    pod: { value: "NAME", help: "only about pods of this name" },
    reason: { value: "REASON", help: "only with this reason (terminated, ready, ...)" },
    outcome: { value: "CLASS", help: "only those whose last attempt came to this (accepted, http_5xx, ...)" },
    limit: { value: "N", help: "so many of each endpoint (1 to 1000)", fallback: "20" },
    ...REACH,
  },
  examples: [
    "k8svent deliveries hook --state failed",
    "k8svent deliveries -n shop --pod web-0",
    "k8svent deliveries hook pod_t7bf3qawe3zerwqpfekn42w3ji",
  ],
  codes: CODES,
};

/** `k8svent redeliver`. */
export const REDELIVER_PAGE: ToolPage = {
  name: "k8svent redeliver",
  usage: "ENDPOINT ID | ENDPOINT --all",
  about: "Try a dead letter again now, or all of an endpoint.",
  operands: ["ENDPOINT", "[ID]"],
  flags: { all: ALL, ...REACH },
  examples: ["k8svent redeliver hook --all"],
  codes: CODES,
};

/** `k8svent discard`. */
export const DISCARD_PAGE: ToolPage = {
  name: "k8svent discard",
  usage: "ENDPOINT ID | ENDPOINT --all",
  about: "Give a dead letter up for good, or all of an endpoint. They count as lost: the next delivery " +
    "says how many in k8svent-lost.",
  operands: ["ENDPOINT", "[ID]"],
  flags: { all: ALL, ...REACH },
  examples: ["k8svent discard hook pod_t7bf3qawe3zerwqpfekn42w3ji"],
  codes: CODES,
};

/** `k8svent resync`. */
export const RESYNC_PAGE: ToolPage = {
  name: "k8svent resync",
  usage: "[ENDPOINT] [flags]",
  about: "Send pods once more as they are now, with the reason sync, to one endpoint or to each.",
  operands: ["[ENDPOINT]"],
  flags: {
    since: { value: "WHEN", help: "only pods that changed since: 10m, or an instant of RFC 3339" },
    ...REACH,
  },
  examples: ["k8svent resync hook --since 10m", "k8svent resync hook --since 2026-11-27T12:00:00Z"],
  codes: CODES,
};

/** `k8svent pause`. */
export const PAUSE_PAGE: ToolPage = {
  name: "k8svent pause",
  usage: "ENDPOINT",
  about: "Send nothing more to an endpoint until k8svent resume. What comes meanwhile is kept for it.",
  operands: ["ENDPOINT"],
  flags: REACH,
  examples: ["k8svent pause hook"],
  codes: CODES,
};

/** `k8svent resume`. */
export const RESUME_PAGE: ToolPage = {
  name: "k8svent resume",
  usage: "ENDPOINT",
  about: "Send to an endpoint again that was paused.",
  operands: ["ENDPOINT"],
  flags: REACH,
  examples: ["k8svent resume hook"],
  codes: CODES,
};
