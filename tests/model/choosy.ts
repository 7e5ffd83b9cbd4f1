import "../../src/route/expression.ts";
import { configuredBy } from "../../src/app/configured.ts";
import type { ConfigurationFile } from "../../src/app/reload.ts";
import { UsageError } from "../../src/config/usage_error.ts";
import type { Pod } from "../../src/pod/pod.ts";
import type { Endpoint } from "../../src/route/endpoint.ts";
import type { MessageFilter, PodSelection } from "../../src/route/endpoint_settings.ts";
import { SETTINGS } from "../kit/endpoint.ts";

/** What the endpoint that is configured by the file wants, beside the two that want everything. */
export interface Rule {
  selection: PodSelection;
  filter: MessageFilter;
  /** The same selection in other words, for the oracle. */
  selects: (pod: Pod) => boolean;
  /** Requests a second at the most. */
  rate?: number;
}

/** Its name. */
export const CHOOSY = "choosy";

const ALL: Rule = {
  selection: { namespaces: [], excludeNamespaces: [] },
  filter: { onError: "send" },
  selects: () => true,
};

/** Rules that select; then those that filter, too. The end of a pod is wanted by all of them. */
export const RULES = {
  all: ALL,
  shop: selecting("app=shop", (app) => app === "shop"),
  others: selecting("app!=shop", (app) => app !== "shop"),
  a: {
    ...ALL,
    selection: { namespaces: ["a"], excludeNamespaces: [] },
    selects: ({ metadata }) => metadata.namespace === "a",
  },
  notA: {
    ...ALL,
    selection: { namespaces: [], excludeNamespaces: ["a"] },
    selects: ({ metadata }) => metadata.namespace !== "a",
  },
  /** What comes at once may have to wait, but not for as long as calm is waited for. */
  slow: { ...ALL, rate: 20 },
  reasons: { ...ALL, filter: { reasons: ["phase", "restarted", "deleted"], onError: "send" } },
  expression: { ...ALL, filter: { expression: `pod.status.phase != "Running"`, onError: "drop" } },
  broken: { ...ALL, filter: { expression: `pod.metadata.labels["nobody"] == "x"`, onError: "drop" } },
  both: {
    ...selecting("app=shop", (app) => app === "shop"),
    filter: {
      reasons: ["sync", "terminated", "deleted"],
      expression: `event == "pod.deleted" || previous == null`,
      onError: "drop",
    },
  },
} satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;

export const SELECTING: readonly RuleName[] = ["all", "shop", "others", "a", "notA", "slow"];
export const FILTERING: readonly RuleName[] = ["reasons", "expression", "broken", "both"];

function selecting(selector: string, of: (app: string | undefined) => boolean): Rule {
  return {
    ...ALL,
    selection: { namespaces: [], excludeNamespaces: [], selector },
    selects: ({ metadata }) => of(metadata.labels?.["app"]),
  };
}

/** What the file says: a rule, that there is no such endpoint, or nothing that can be read. */
export type FileSays = RuleName | "removed" | "wrong";

/** Where the endpoint is, and the file with the token that it wants. */
export interface Place {
  url: string;
  tokenFile: string;
}

/** The endpoint as the rule has it. */
function endpointWith(rule: RuleName, { url, tokenFile }: Place): Endpoint {
  const { selection, filter, rate }: Rule = RULES[rule];
  const auth = { kind: "authorization" as const, type: "Bearer", credentialsFile: tokenFile };
  return {
    name: CHOOSY,
    url: new URL(url),
    trusted: true,
    settings: { ...SETTINGS, selection, filter, auth, ...rate !== undefined && { rate } },
  };
}

/** All endpoints that a text of the file stands for. */
export function endpointsOf(says: FileSays, place: Place, others: readonly Endpoint[]): Endpoint[] {
  return says === "removed" || says === "wrong" ? [...others] : [...others, endpointWith(says, place)];
}

/** The file, as the program reads it. */
export function fileThat(says: () => FileSays, place: Place, others: readonly Endpoint[]): ConfigurationFile {
  return {
    path: "k8svent.yaml",
    read: says,
    compile: async (text) => {
      if (text === "wrong") throw new UsageError("it is wrong");
      const endpoints = await configuredBy(endpointsOf(text as FileSays, place, others));
      return { endpoints, later: [], warnings: [] };
    },
  };
}
