import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { run } from "./command.ts";
import { lacksProgram } from "./needing.ts";

/** What the machine lacks for Helm; undefined: nothing. */
export const withoutHelm: string | undefined = await lacksProgram(
  "helm",
  ["version"],
  "there is no helm: see helm.sh/docs/intro/install.",
);

/** The folder of the chart. */
export const CHART: string = fileURLToPath(new URL("../../charts/k8svent", import.meta.url));

/** An object of Kubernetes, as far as all of them are alike. */
export interface KubernetesObject {
  kind: string;
  metadata: { name: string; namespace?: string };
  [field: string]: unknown;
}

/** Values of the chart, as they stand in a file. */
export type Values = Record<string, unknown>;

/**
 * The text that the chart makes for a release in the namespace k8svent.
 *
 * @throws {Error} with what Helm says, where it refuses the values
 */
export async function render(values: Values, release = "k8svent"): Promise<string> {
  const args = ["template", release, CHART, "--namespace", "k8svent", "--values", "-"];
  return await run("helm", args, { stdin: JSON.stringify(values) });
}

/** The same as objects. */
export async function renderObjects(values: Values, release?: string): Promise<KubernetesObject[]> {
  return readObjects(await render(values, release));
}

/** The objects of a file with one or several. Kubernetes reads YAML 1.1, in which 0440 is octal. */
export function readObjects(text: string): KubernetesObject[] {
  const documents = parseAllDocuments(text, { version: "1.1" });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => document.toJS()).filter((object) => object !== null);
}
