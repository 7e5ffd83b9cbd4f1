import { parseTimeout } from "../config/duration.ts";
import { UsageError } from "../config/usage_error.ts";
import type { CommandContext } from "./context.ts";
import type { LinkImageOptions } from "./job.ts";
import { OUTPUT, outputOf } from "./output.ts";
import { needed, secretsOf, type Tool, tool, type ToolPage, type Typed, webhookOf } from "./tool.ts";

/*
 * `k8svent link-image`: what it is to do. `src/app/link_image.ts` does it.
 */

const PAGE: ToolPage = {
  name: "k8svent link-image",
  usage: "--owner O --repo R --sha SHA --image IMAGE --url URL",
  about: "Tell a webhook which commit an image was built from, as for the older program.",
  flags: {
    owner: { value: "OWNER", help: "the user or organization that the repository belongs to" },
    repo: { value: "REPO", help: "the repository's name, without the owner" },
    sha: { value: "SHA", help: "the commit, in full: 40 or 64 hexadecimal digits" },
    image: { value: "IMAGE", help: "the image with its tag or digest, as pods name it" },
    url: { short: "u", value: "URL", help: "the webhook" },
    "secret-file": { value: "FILE", help: "sign with the secrets in this file, one per line" },
    timeout: { value: "DURATION", help: "how long each attempt may take", fallback: "15s" },
    output: OUTPUT,
  },
  examples: [
    'k8svent link-image --owner atomist --repo k8vent --sha "$GIT_SHA" \\',
    "  --image atomist/k8vent:0.16.0 --url https://hooks.example.com/link-image",
  ],
  codes: "0 it was accepted, 1 it was not, 2 wrong usage.",
};

/** `k8svent link-image`. */
export const LINK_IMAGE: Tool = tool(PAGE, parseLinkImage);

/** @throws {UsageError} */
function parseLinkImage(typed: Typed, context: CommandContext): LinkImageOptions {
  const text = (name: string): string => needed(typed, name);
  const [owner, repo, image] = ["owner", "repo", "image"].map((name) => word(text(name), `--${name}`));
  const sha = text("sha");
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(sha)) {
    throw new UsageError("--sha must be the whole commit, 40 or 64 hexadecimal digits: git rev-parse HEAD.");
  }
  const url = webhookOf(typed);
  const timeout = parseTimeout(text("timeout"), "--timeout");
  return {
    command: "link-image",
    link: {
      git: { owner: owner ?? "", repo: repo ?? "", sha },
      docker: { image: image ?? "" },
      type: "link-image",
    },
    url,
    secrets: secretsOf(typed, context)?.secrets ?? [],
    timeout,
    output: outputOf(typed),
  };
}

function word(value: string, from: string): string {
  if (/^[!-~]+$/.test(value)) return value;
  throw new UsageError(`${from} must be one word: it is empty, or there is white space in it.`);
}
