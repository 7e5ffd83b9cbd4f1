import { UsageError } from "../config/usage_error.ts";
import { complete, type Completion } from "./completion.ts";
import { FILES, SCRIPTS } from "./completion_scripts.ts";
import { say } from "./context.ts";
import { type Tool, tool, type ToolPage, type Tools } from "./tool.ts";

/*
 * `k8svent completion bash|zsh|fish`: the script that has a shell complete commands, flags and values, and, with `--line`,
 * what that script asks at each Tab.
 */

type Shell = keyof typeof SCRIPTS;

const CODES = "0 done, 2 wrong usage.";

const PAGE: ToolPage = {
  name: "k8svent completion",
  usage: "bash | zsh | fish",
  about: "Print a script that has your shell complete k8svent's commands and flags.",
  flags: {
    line: {
      value: "WORD...",
      takesRest: true,
      help:
        "print what may stand in place of the last of these words, as the scripts ask. Takes the rest of the line",
    },
  },
  examples: ["source <(k8svent completion bash)", 'k8svent completion zsh > "${fpath[1]}/_k8svent"'],
  codes: CODES,
};

/** What a line in a start-up file does, and where a file takes its place. */
const INSTALL: Record<Shell, readonly string[]> = {
  bash: [
    "source <(k8svent completion bash)",
    "k8svent completion bash > ~/.local/share/bash-completion/completions/k8svent",
  ],
  zsh: ["source <(k8svent completion zsh)", 'k8svent completion zsh > "${fpath[1]}/_k8svent"'],
  fish: [
    "k8svent completion fish | source",
    "k8svent completion fish > ~/.config/fish/completions/k8svent.fish",
  ],
};

/** `k8svent completion`, with a page for each shell. @param tools what is completed */
export function completionOf(tools: Tools): Tool {
  const asked = tool(
    PAGE,
    async ({ values }) => say(written(await complete(values.get("line") ?? [], tools))),
  );
  return {
    pages: [PAGE, ...shells().map(pageOf)],
    carryOut: ([word = "--help", ...rest], context) => {
      if (word.startsWith("-")) return asked.carryOut([word, ...rest], context);
      const shell = shells().find((one) => one === word);
      if (shell !== undefined) return tool(pageOf(shell), () => say(SCRIPTS[shell])).carryOut(rest, context);
      throw new UsageError(
        'k8svent completion knows bash, zsh and fish. "k8svent completion --help" shows how to install each.',
      );
    },
  };
}

function shells(): Shell[] {
  return Object.keys(SCRIPTS) as Shell[];
}

function pageOf(shell: Shell): ToolPage {
  return {
    name: `${PAGE.name} ${shell}`,
    usage: "",
    about: `Print the script for ${shell}.`,
    flags: {},
    examples: INSTALL[shell],
    codes: CODES,
  };
}

function written(completion: Completion): string {
  if (completion.kind === "files") return `${FILES}\n`;
  return completion.candidates.map(({ word, about }) => about === "" ? `${word}\n` : `${word}\t${about}\n`)
    .join("");
}
