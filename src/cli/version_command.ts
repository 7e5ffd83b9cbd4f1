import { OUTPUT, outputOf } from "./output.ts";
import { type Tool, tool, type ToolPage } from "./tool.ts";

/*
 * `k8svent version`: in which form. `main.ts` knows the runtime.
 */

const PAGE: ToolPage = {
  name: "k8svent version",
  usage: "[flags]",
  about: "Print the version, the commit it was built from, and the runtime's version.",
  flags: { output: OUTPUT },
  examples: ["k8svent version", "k8svent version -o json | jq -r .version"],
  codes: "0 done, 2 wrong usage.",
};

/** `k8svent version`. */
export const VERSION_TOOL: Tool = tool(PAGE, (typed) => ({ command: "version", output: outputOf(typed) }));
