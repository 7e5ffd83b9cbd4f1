import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import type { Log } from "../runtime/log.ts";
import { namespacePath, type Selection, selectorFlags } from "../source/query.ts";

/*
 * What people hear when the first list of a selection is empty. It may well be right, and it is what a typing error in
 * a namespace or a selector looks like: an API server lists a namespace that does not exist like one without pods.
 */

/** Says that nothing was found and, as far as may be known, why. Resolves when it is said; an abort says nothing. */
export async function sayNothingFound(
  selection: Selection,
  { api, log }: { api: ApiServer; log: Log },
  stop: AbortSignal,
): Promise<void> {
  const { namespace } = selection;
  const flags = selectorFlags(selection);
  const matching = flags.length === 0 ? "" : `that match ${flags.join(" and ")} `;
  const nothing = `No pods ${matching}were found in ${
    namespace === undefined ? "any namespace" : `namespace ${namespace}`
  }.`;
  const existence = namespace === undefined ? "known" : await readNamespace(api, namespace, stop);
  if (stop.aborted) return;
  if (existence === "missing") {
    return log.warn(`There is no namespace ${namespace} (yet): check the spelling of --namespace.`);
  }
  const isSecret = existence === "secret";
  const unknown = isSecret
    ? " Whether that namespace exists cannot be known: k8svent may not get namespaces."
    : "";
  // A selector, or a name that nobody can check, is where people mistype.
  if (matching === "" && !isSecret) log.info(nothing);
  else log.warn(`${nothing}${unknown}`);
}

/** Whether there is a namespace: it is `known` that there is or nothing contradicts it, or that may not be known. */
async function readNamespace(
  api: ApiServer,
  namespace: string,
  stop: AbortSignal,
): Promise<"known" | "missing" | "secret"> {
  try {
    await api.get(namespacePath(namespace), stop);
    return "known";
  } catch (error) {
    if (stop.aborted) return "known";
    if (!(error instanceof ClusterError)) throw error;
    if (error.fault === "missing") return "missing";
    return error.fault === "forbidden" ? "secret" : "known";
  }
}
