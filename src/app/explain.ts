import type { PodExplanation } from "../admin/admin.ts";
import { ref } from "../admin/openapi_schemas.ts";
import { inGivenNames } from "../cli/given_names.ts";
import type { ExplainOptions } from "../cli/job.ts";
import type { Options } from "../cli/options.ts";
import { shownAs } from "../cli/output.ts";
import { VERSION } from "../cli/version.ts";
import { connectCluster } from "../cluster/connect.ts";
import { ClusterError } from "../cluster/error.ts";
import { ClusterSetupError } from "../cluster/setup_error.ts";
import type { Pod } from "../pod/pod.ts";
import { workloadOf } from "../pod/workload.ts";
import { inWords } from "../route/explain.ts";
import { route } from "../route/route.ts";
import { compileWant } from "../route/want.ts";
import type { Log } from "../runtime/log.ts";
import { configuredBy } from "./configured.ts";
import { type ClusterExplanation, explanationText } from "./explain_text.ts";
import { clientOf, type Failed, inLines, type OperateWorld, wayOut } from "./operate.ts";
import { routingOf } from "./routing.ts";
import { verdictsOf } from "./verdicts.ts";

/*
 * `k8svent explain pod`. A program that runs knows what it sent and what is pending, so it is asked first. Where none answers,
 * or it does not know the pod, the cluster is asked for the pod, and the options say what would become of it.
 */

/** Explains it. Returns the exit code. */
export async function explainPod(
  options: ExplainOptions,
  world: OperateWorld & { log: Log },
): Promise<0 | 1> {
  const { namespace, name, output } = options;
  const client = clientOf(options, world);
  const reply = await client.get<PodExplanation>(ref("PodExplanation"), ["pods", namespace, name]);
  if (reply.kind === "answer") {
    const { value } = reply;
    await world.print(await shownAs(output, value, () => explanationText(inLines(value), world)));
    return 0;
  }
  const { endpoints, podWebhooks } = options.options;
  const isConfigured = endpoints.length > 0 || podWebhooks.length > 0;
  const isKnown = reply.kind === "problem" && reply.status !== 404;
  if (isKnown || !isConfigured) {
    world.remark(isKnown ? wayOut(reply, options) : `${wayOut(reply, options)}\n${WITHOUT}`);
    return 1;
  }
  world.remark(`${instead(reply, options)} What follows is from the cluster and these flags alone.`);
  return await fromCluster(options, world);
}

const WITHOUT = "To judge the pod by the cluster alone, name the webhooks with --config or --url.";

function instead(reply: Failed, { server }: ExplainOptions): string {
  if (reply.kind === "problem") return `The program at ${server.origin} does not know this pod.`;
  const why = reply.kind === "unreachable" ? `: ${reply.why}` : "";
  return `No program answers at ${server.origin}${why}.`;
}

async function fromCluster(
  { namespace, name, output, options }: ExplainOptions,
  world: OperateWorld & { log: Log },
): Promise<0 | 1> {
  try {
    const pod = await readPod(namespace, name, options, world);
    const value = await judged(pod, options);
    await world.print(await shownAs(output, value, () => explanationText(inLines(value), world)));
    return 0;
  } catch (error) {
    if (!(error instanceof ClusterError) && !(error instanceof ClusterSetupError)) throw error;
    const isMissing = error instanceof ClusterError && error.fault === "missing";
    const why = inGivenNames(error.message, options.names);
    world.remark(isMissing ? `There is no pod ${namespace}/${name} in the cluster.` : why);
    return 1;
  }
}

/** @throws {ClusterError | ClusterSetupError} */
async function readPod(
  namespace: string,
  name: string,
  options: Options,
  world: OperateWorld & { log: Log },
): Promise<Pod> {
  const api = await connectCluster(options, { ...world, version: VERSION });
  try {
    const body = await api.get(`/api/v1/namespaces/${namespace}/pods/${name}`, world.stop);
    return JSON.parse(new TextDecoder().decode(body)) as Pod;
  } finally {
    api.close();
  }
}

/** What the options make of a pod, as if each endpoint had been sent it before. */
export async function judged(pod: Pod, options: Options): Promise<ClusterExplanation> {
  const { metadata: { namespace, name, uid, resourceVersion }, status } = pod;
  const { namespaces, excludeNamespaces, selector, cluster } = options;
  const { endpoints, environment = options.environment, problems } = route(pod, routingOf(options, options));
  const verdicts = verdictsOf(await configuredBy(options.endpoints), endpoints, {
    pod,
    previous: undefined,
    environment,
    cluster,
    workload: workloadOf(pod),
  });
  const followed = { namespaces, excludeNamespaces, ...selector !== undefined && { selector } };
  const unfollowed = compileWant({ selection: followed, filter: { onError: "send" } }, undefined).keptOutBy(
    pod,
  );
  const because = unfollowed &&
    `of the program as a whole, ${inWords({ sends: false, by: { rule: unfollowed } })}`;
  const routed = new Set(endpoints.map((endpoint) => endpoint.name));
  return {
    namespace,
    name,
    uid,
    resourceVersion,
    ...status?.phase !== undefined && { phase: status.phase },
    route: endpoints === options.endpoints ? "default" : "annotation",
    endpoints: verdicts.map((one) =>
      because && routed.has(one.endpoint) ? { ...one, sends: false, because } : one
    ),
    problems,
  };
}
