import type { Options } from "../cli/options.ts";
import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import { granting } from "../cluster/status.ts";
import { printable } from "../runtime/printable.ts";
import { counted, namespaces } from "../runtime/wording.ts";
import { sync } from "../source/list.ts";
import { isSelective, type Selection, selectionsOf } from "../source/query.ts";
import { streamEvents } from "../source/stream.ts";
import { endedAtOnce } from "../source/watch.ts";
import { CollectedLog, type DoctorWorld, failed, type Finding, good, skipped, warning } from "./finding.ts";
import { sayNothingFound } from "./first_list.ts";
import { isAllowed, ownUser, withoutGet } from "./rights.ts";

/*
 * What `k8svent doctor` finds out about a cluster: whether its API server answers, what it lets k8svent do, and whether
 * that works. Rights are asked for before they are used: what is refused then has another reason.
 */

/** How long a watch has to stay open, in milliseconds, where nothing comes on it. */
const OPEN_FOR = 1_000;

/** For how many seconds the server is asked to keep it open. */
const WATCH_SECONDS = 30;

/** The namespace of the manifests. */
const MANIFESTS = "k8svent";

const VERBS = ["list", "watch", "get"] as const;
type Verb = typeof VERBS[number];

/** Looks at all of it. Returns whether the API server answers. */
export async function* examineCluster(
  options: Options,
  api: ApiServer | undefined,
  world: DoctorWorld,
): AsyncGenerator<Finding, boolean, void> {
  const server = await examineServer(api, world);
  yield server;
  if (api === undefined || server.outcome === "failed" || server.outcome === "skipped") {
    yield skipped("pods", "the API server is needed to list and watch them");
    return false;
  }
  const selections = selectionsOf(options);
  const missing = new Set<Verb>();
  world.begin("rights");
  for (const verb of VERBS) {
    if (verb === "watch" && options.source === "poll") continue;
    const finding = await examineRight(verb, selections, api, world);
    if (finding.outcome === "failed") missing.add(verb);
    yield finding;
  }
  const ownNamespace = world.env("POD_NAMESPACE");
  if (ownNamespace && !options.once) yield await examineEvents(ownNamespace, api, world);
  world.begin("pods");
  yield* examinePods(options, selections, missing, api, world);
  return true;
}

/** Its version; who may not read that may still do the rest. */
async function examineServer(api: ApiServer | undefined, { begin, stop }: DoctorWorld): Promise<Finding> {
  const check = "API server";
  if (api === undefined) return skipped(check, "there is no cluster to ask");
  begin("the API server");
  try {
    const answer = JSON.parse(new TextDecoder().decode(await api.get("/version", stop)));
    const { gitVersion } = answer as { gitVersion?: unknown };
    return good(
      check,
      typeof gitVersion === "string" ? `Kubernetes ${printable(gitVersion, 40)}` : "it answers",
    );
  } catch (error) {
    if (error instanceof SyntaxError) return good(check, "it answers");
    if (!(error instanceof ClusterError)) throw error;
    const mayNot = error.fault === "forbidden" || error.fault === "missing";
    return mayNot ? good(check, "it answers, and does not tell its version") : failed(check, error.message);
  }
}

async function examineRight(
  verb: Verb,
  selections: Selection[],
  api: ApiServer,
  { stop }: DoctorWorld,
): Promise<Finding> {
  const check = `may ${verb} pods`;
  try {
    const asked = selections.map(async (selection) => {
      const right = { verb, resource: "pods", namespace: selection.namespace };
      return { selection, allowed: await isAllowed(api, right, stop) };
    });
    const answers = await Promise.all(asked);
    const refused = answers.filter(({ allowed }) => allowed === false).map(({ selection }) => selection);
    if (refused.length > 0) return withoutRight(verb, refused, await ownUser(api, stop));
    if (answers.some(({ allowed }) => allowed === undefined)) return notSaid(check);
    return good(check, `in ${namespaces(selections.map(({ namespace }) => namespace))}`);
  } catch (error) {
    return unanswered(check, error, stop);
  }
}

/** A question that was not answered, as behind what knows nothing of rights. */
function unanswered(check: string, error: unknown, stop: AbortSignal): Finding {
  stop.throwIfAborted();
  if (!(error instanceof ClusterError || error instanceof SyntaxError)) throw error;
  return notSaid(check, error instanceof ClusterError ? error.message : undefined);
}

/** An extra, which the manifests do not grant by themselves: where it is missing, nothing is wrong. */
async function examineEvents(namespace: string, api: ApiServer, { stop }: DoctorWorld): Promise<Finding> {
  const check = "may report";
  try {
    const right = { verb: "create", group: "events.k8s.io", resource: "events", namespace };
    const allowed = await isAllowed(api, right, stop);
    if (allowed === undefined) return notSaid(check);
    if (allowed) return good(check, `as Kubernetes Events in ${namespaces([namespace])}`);
    const grants = namespace === MANIFESTS
      ? "kubectl apply -f kube/events/rbac.yaml grants it"
      : `kube/events/rbac.yaml grants it, once it names the namespace ${namespace} in place of ${MANIFESTS}`;
    return skipped(check, `it may not create Kubernetes Events: ${grants}`);
  } catch (error) {
    return unanswered(check, error, stop);
  }
}

function notSaid(check: string, why = ""): Finding {
  return skipped(check, `the API server does not say.${why === "" ? "" : ` ${why}`}`);
}

/** Without `get` a run works, but for what a selector needs it for. */
function withoutRight(verb: Verb, refused: Selection[], user: string | undefined): Finding {
  const sentences = refused.map((selection) => {
    const what = verb === "get"
      ? withoutGet(selection)
      : `k8svent may not ${verb} the pods of ${namespaces([selection.namespace])}.`;
    return `${what} ${granting(user, selection.namespace)}`;
  });
  const isBad = verb !== "get" || refused.some(isSelective);
  return (isBad ? failed : warning)(`may ${verb} pods`, sentences.join(" "));
}

async function* examinePods(
  { source }: Options,
  selections: Selection[],
  missing: ReadonlySet<Verb>,
  api: ApiServer,
  world: DoctorWorld,
): AsyncGenerator<Finding, void, void> {
  if (missing.has("list")) {
    yield skipped("list", "it may not list pods");
    if (source === "watch") yield skipped("watch", "it begins where a list ends");
    return;
  }
  const listed = await together(selections, (selection) => list(selection, api, world));
  if (listed instanceof ClusterError) {
    yield failed("list", listed.message);
    if (source === "watch") yield skipped("watch", "it begins where a list ends");
    return;
  }
  const pods = listed.reduce((sum, one) => sum + one.pods, 0);
  const more = listed.some(({ isMore }) => isMore) ? " and more" : "";
  yield good("list", `${counted(pods, "pod")}${more}`);
  for (const { warnings } of listed) yield* warnings;
  if (source === "poll") return;
  if (missing.has("watch")) return yield skipped("watch", "it may not watch pods");
  const watched = await together(listed, (one) => watch(one, api, world));
  if (watched instanceof ClusterError) return yield failed("watch", watched.message);
  yield good("watch", watched.includes("heard") ? "it opens, and brings changes" : "it opens");
}

/** What came of each, or why the API server did not answer as hoped, for the first of those. */
async function together<T, Result>(
  all: readonly T[],
  work: (one: T) => Promise<Result>,
): Promise<Result[] | ClusterError> {
  const settled = await Promise.allSettled(all.map(work));
  const refused = settled.find((one) => one.status === "rejected");
  if (refused?.reason instanceof ClusterError) return refused.reason;
  if (refused !== undefined) throw refused.reason;
  return settled.filter((one) => one.status === "fulfilled").map(({ value }) => value);
}

interface Listed {
  selection: Selection;
  /** On its first page. */
  pods: number;
  isMore: boolean;
  /** Where a watch goes on. */
  version: string;
  /** What an empty list may mean. */
  warnings: Finding[];
}

/** Lists the first page, as the run does. */
async function list(selection: Selection, api: ApiServer, { stop }: DoctorWorld): Promise<Listed> {
  let [pods, version, isMore] = [0, "", true];
  for await (const items of sync(api, selection, stop)) {
    for (const item of items) {
      if (item.type === "sync-start") version = item.resourceVersion;
      if (item.type === "applied") pods++;
      if (item.type === "sync-end") isMore = false;
    }
    if (pods >= ENOUGH) break;
  }
  const log = new CollectedLog();
  if (pods === 0) await sayNothingFound(selection, { api, log }, stop);
  return { selection, pods, isMore, version, warnings: log.warnings("list") };
}

/** Pods after which no more are read: that they can be is known. */
const ENOUGH = 50;

/** Watches until something comes or the watch has been open for a moment. @throws {ClusterError} where it is none */
async function watch(
  { selection, version }: Listed,
  api: ApiServer,
  { clock, stop }: DoctorWorld,
): Promise<"heard" | "open"> {
  const enough = new AbortController();
  const signal = AbortSignal.any([stop, enough.signal]);
  let isOpen = false;
  let cancel = (): void => {};
  try {
    for await (
      const { items } of streamEvents(api, selection, version, { clock, seconds: WATCH_SECONDS }, signal)
    ) {
      if (items.length > 0) return "heard";
      if (!isOpen) cancel = clock.after(OPEN_FOR, () => enough.abort());
      isOpen = true;
    }
    throw endedAtOnce();
  } catch (error) {
    if (enough.signal.aborted && !stop.aborted) return "open";
    throw error;
  } finally {
    cancel();
  }
}
