import fc from "fast-check";
import { type FileSays, FILTERING, SELECTING } from "./choosy.ts";

/** One run of the world, as plain data: it can be printed, shrunk and played again. */
export interface History {
  setup: Setup;
  commands: Command[];
}

/** What does not change during a history. */
export interface Setup {
  source: "watch" | "poll";
  /** Whether the two namespaces are followed one by one, or everything as one. */
  byNamespace: boolean;
  /** Whether only pods with a label are followed. */
  selector: boolean;
  /** Whether pods unhealthy are sent again. */
  reminders: boolean;
  /** Whether the second endpoint is known only to the second start of the program. */
  lateEndpoint: boolean;
  /** Pods in a page of a list. */
  page: number;
  /** Bytes that one read of a watch brings at most. */
  fragment: number;
  /** Requests at a time to an endpoint. */
  concurrency: number;
  /** What `random` gives, over and over. */
  random: number[];
  /** Whether pods may name webhooks of their own (`--pod-webhooks`). */
  annotations: boolean;
  /** Whether next to nothing may be kept (`--buffer`, `--state-max`), so that much is evicted. */
  small: boolean;
  /** What is sent beside pods. `beating`: heartbeats, too. */
  notices: "none" | "all" | "beating";
  /** Whether what goes to the operator's endpoints is signed. */
  signed: boolean;
  /** What an endpoint of the configuration file may want, which is there beside the others where it is not `none`. */
  wants: "none" | "selections" | "filters";
  /** Milliseconds that the disk takes to make durable what was written. */
  sync: number;
  /** What an operator does about dead letters at the end, when endpoints take everything again. */
  deadLetters: "wait" | "redeliver" | "discard";
}

/** One thing that happens. Nothing runs between two of them but in `pass` and `turns`. */
export type Command =
  | { do: "create" | "delete" | "recreate"; pod: number }
  | { do: "change"; pod: number; what: "label" | "select" | "ready" | "managed" | "terminating" }
  | { do: "route"; pod: number; to: keyof typeof ROUTES }
  | { do: "transition"; pod: number; what: "phase" | "terminate" | "restart"; times: number }
  | { do: "touch" | "compact" | "refuse" | "accept" | "silence" | "start" | "stop" }
  | { do: "rewind"; back: number; to: Restored }
  | { do: "answer"; endpoint: number; answers: EndpointAnswer[] }
  | { do: "fault"; kind: RequestKind; status: number | "hang" | "reset"; times: number; retryAfter: number }
  | { do: "cut"; kind: RequestKind; after: number; how: "end" | "reset" }
  | { do: "delay"; milliseconds: number }
  | { do: "streams"; how: "end" | "reset" | "expired" | "error" | "busy" | "status" | "garbage" }
  | { do: "pass"; milliseconds: number }
  | { do: "turns"; count: number }
  /** After so many calls of the program to the world around it, wherever that is: in a transaction, too. */
  | { do: "crash"; calls: number }
  /** The machine loses its power. */
  | { do: "power" | "inspect" }
  /** What an operator does to an endpoint, to all its dead letters where it is about those. */
  | { do: "pause" | "resume" | "redeliver" | "discard"; endpoint: number }
  /** To one endpoint or all; of all pods, or those that changed in the last minute. */
  | { do: "resync"; endpoint: number | undefined; isRecent: boolean }
  /** The configuration file says something else, or nothing that can be read. */
  | { do: "reload"; says: FileSays }
  /** The endpoint of the file wants another token: its file has that too, or the one before still, or is not there. */
  | { do: "token"; file: "new" | "old" | "missing" }
  | { do: "disk"; how: "fail" | "heal" }
  /** To a new secret beside the old one, and to the new one alone. */
  | { do: "rotate"; how: "add" | "drop" }
  /** From now on an endpoint answers so to everything that the filter is about. */
  | { do: "filter"; endpoint: number; filter: Filter }
  | { do: "lift"; endpoint: number };

/**
 * Where etcd is after it was restored. `below`: below what the program has seen, until it has listed. `free`: as `below`
 * at first, but it may pass that before the next list. `bumped`: beyond it (`etcdutl snapshot restore --bump-revision`).
 */
export type Restored = "below" | "free" | "bumped";

/** What an endpoint does not take, and how it says so: one pod by its place, or every pod whose phase is Failed. */
export interface Filter {
  about: number | "failed";
  answer: FilterAnswer;
}

/** `closed`: without a byte of an answer; `tls`: by an alert; `garbage`: what is no HTTP. */
export type FilterAnswer = number | "reset" | "closed" | "tls" | "garbage";

type RequestKind = "list" | "watch" | "get";

/** What an endpoint makes of one request. `took`: it has read the whole of it before the failure. */
export type EndpointAnswer =
  | { is: "status"; status: number; after: number; retryAfter?: string; asks?: boolean }
  /** The status comes at once, the body's end later, perhaps too late. */
  | { is: "slow"; after: number }
  | { is: "hang" | "reset" | "closed" | "tls" | "garbage"; took: boolean };

/** The pods are distinguished by their place; two have one name in two namespaces. */
export const PODS = [["a", "x"], ["a", "y"], ["b", "x"], ["b", "z"], ["a", "w"]] as const;

/** The operator's endpoints. */
export const ENDPOINTS = ["one", "two"] as const;

/** Those that annotations may name, at {@link HOOKS_HOST}. */
export const HOOKS = ["hook-a", "hook-b"] as const;
export const HOOKS_HOST = "hooks.example";

/** What a pod's annotation can be, and the hooks that it names and may; none: the operator's endpoints. */
export const ROUTES = {
  none: { text: undefined, hooks: [] },
  a: { text: webhooks("https://hooks.example/hook-a"), hooks: ["hook-a"] },
  b: { text: webhooks("https://hooks.example/hook-b"), hooks: ["hook-b"] },
  both: {
    text: webhooks("https://hooks.example/hook-a", "https://hooks.example/hook-b"),
    hooks: ["hook-a", "hook-b"],
  },
  refused: { text: webhooks("https://evil.example/hook-a"), hooks: [] },
  partly: { text: webhooks("https://evil.example/x", "https://hooks.example/hook-b"), hooks: ["hook-b"] },
  plain: { text: webhooks("http://hooks.example/hook-a"), hooks: [] },
  broken: { text: '{"webhooks":', hooks: [] },
  environment: { text: '{"environment":"blue"}', hooks: [] },
} satisfies Record<string, { text: string | undefined; hooks: (typeof HOOKS)[number][] }>;

function webhooks(...urls: string[]): string {
  return JSON.stringify({ webhooks: urls });
}

const CLIENT_ERRORS = Array.from({ length: 52 }, (_, index) => 400 + index).filter((code) => code !== 410);
const SERVER_ERRORS = Array.from({ length: 12 }, (_, index) => 500 + index);
const SECOND = 1_000;

const anySetup: fc.Arbitrary<Setup> = fc.record({
  source: fc.constantFrom("watch", "watch", "watch", "poll"),
  byNamespace: fc.boolean(),
  selector: fc.constantFrom(false, false, true),
  reminders: fc.constantFrom(false, false, true),
  lateEndpoint: fc.constantFrom(false, false, true),
  page: fc.integer({ min: 1, max: 3 }),
  fragment: fc.constantFrom(1_000_000, 1_000_000, 700, 97),
  concurrency: fc.integer({ min: 1, max: 4 }),
  random: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 5 }),
  annotations: fc.constantFrom(false, false, true),
  small: fc.constantFrom(false, false, false, true),
  notices: fc.constantFrom("none", "none", "all", "beating"),
  signed: fc.boolean(),
  wants: fc.constantFrom("none", "selections", "filters"),
  sync: fc.constantFrom(0, 0, 5, 400),
  deadLetters: fc.constantFrom("wait", "wait", "redeliver", "discard"),
});

/** What is evicted must be announced by a later delivery, which annotations may send to another endpoint. */
const setup = anySetup.map((any): Setup => ({
  ...any,
  small: any.small && !any.annotations,
  // A pod that names its own webhooks goes to none of the operator's.
  wants: any.annotations ? "none" : any.wants,
}));

const pod = fc.nat({ max: PODS.length - 1 });
/** The hooks are there only with annotations. */
const anyEndpoint = fc.nat({ max: ENDPOINTS.length + HOOKS.length - 1 });
const kind = fc.constantFrom<RequestKind[]>("list", "list", "watch", "watch", "get");

const answer: fc.Arbitrary<EndpointAnswer> = fc.oneof(
  { weight: 2, arbitrary: status(fc.constantFrom(200, 201, 202, 204)) },
  { weight: 4, arbitrary: status(fc.constantFrom(...CLIENT_ERRORS, 400, 413, 422, 429, 429)) },
  { weight: 4, arbitrary: status(fc.constantFrom(...SERVER_ERRORS, 500, 500, 503)) },
  { weight: 1, arbitrary: status(fc.constantFrom(301, 307, 410)) },
  {
    weight: 1,
    arbitrary: fc.record({ is: fc.constant("slow" as const), after: fc.nat({ max: 20 * SECOND }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      is: fc.constantFrom("hang", "hang", "reset", "reset", "closed", "closed", "tls", "garbage"),
      took: fc.boolean(),
    }),
  },
);

function status(statuses: fc.Arbitrary<number>): fc.Arbitrary<EndpointAnswer> {
  return fc.record(
    {
      is: fc.constant("status" as const),
      status: statuses,
      after: fc.constantFrom(0, 0, 0, 10, 1_500, 14_000, 16_000),
      retryAfter: fc.constantFrom("3", "120", "Thu, 01 Jan 2026 00:10:00 GMT", "soon"),
      asks: fc.constant(true),
    },
    { requiredKeys: ["is", "status", "after"] },
  );
}

const filterAnswer = fc.constantFrom<FilterAnswer[]>(
  ...[400, 401, 403, 404, 405, 407, 413, 422, 429, 500, 501, 503],
  ...["reset", "closed", "tls", "garbage"] as const,
);

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom("create", "create", "delete", "recreate"), pod }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("change" as const),
      pod,
      what: fc.constantFrom("label", "select", "ready", "managed", "terminating"),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("transition" as const),
      pod,
      what: fc.constantFrom("phase", "terminate", "restart"),
      times: fc.constantFrom(1, 1, 1, 2, 3, 30),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "touch",
        "compact",
        "compact",
        "refuse",
        "accept",
        "silence",
        "start",
        "start",
        "stop",
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("rewind" as const),
      back: fc.integer({ min: 1, max: 9 }),
      to: fc.constantFrom<Restored[]>("below", "free", "bumped"),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      endpoint: anyEndpoint,
      answers: fc.array(answer, { minLength: 1, maxLength: 8 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("fault" as const),
      kind,
      status: fc.constantFrom(401, 403, 404, 410, 410, 429, 500, 503, "hang" as const, "reset" as const),
      times: fc.constantFrom(1, 1, 1, 2, 4),
      retryAfter: fc.constantFrom(0, 0, 1, 30),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("cut" as const),
      kind,
      after: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 2_000 })),
      how: fc.constantFrom("end", "reset"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("delay" as const),
      milliseconds: fc.constantFrom(0, 10, 3_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("streams" as const),
      how: fc.constantFrom("end", "reset", "expired", "error", "busy", "status", "garbage"),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      milliseconds: fc.constantFrom(0, 0, 0, 5, 900, 5 * SECOND, 40 * SECOND, 300 * SECOND),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("turns" as const), count: fc.integer({ min: 1, max: 60 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("crash" as const),
      calls: fc.oneof(fc.constant(0), fc.nat({ max: 60 })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("power", "inspect") }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("pause", "resume", "redeliver", "discard"),
      endpoint: anyEndpoint,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("resync" as const),
      endpoint: fc.option(anyEndpoint, { nil: undefined }),
      isRecent: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("disk" as const), how: fc.constantFrom("fail", "heal") }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("reload" as const),
      says: fc.constantFrom<FileSays[]>(...SELECTING, ...SELECTING, ...FILTERING, "removed", "wrong"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("token" as const),
      file: fc.constantFrom("new", "old", "missing"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("rotate" as const), how: fc.constantFrom("add", "drop") }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("filter" as const),
      endpoint: anyEndpoint,
      filter: fc.record({ about: fc.oneof(pod, fc.constant("failed" as const)), answer: filterAnswer }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lift" as const), endpoint: anyEndpoint }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("route" as const),
      pod,
      to: fc.constantFrom(...Object.keys(ROUTES) as (keyof typeof ROUTES)[]),
    }),
  },
);

/** Histories of up to 60 things. */
export const histories: fc.Arbitrary<History> = fc.record({
  setup,
  commands: fc.array(command, { minLength: 1, maxLength: 60, size: "max" }),
});
