import assert from "node:assert/strict";
import { contextOf } from "../kit/config_files.ts";
import { blocksOf, commandsOf, readPage } from "../kit/pages.ts";
import { parseCommand } from "../../src/cli/command.ts";
import type { Answer } from "../../src/cli/context.ts";

/* What docs/tools.md shows of verify and commands_test.ts cannot run, since it ends with 1. */

Deno.test("docs/tools.md shows what verify says of the body that an editor has changed", async () => {
  const page = await readPage("docs/tools.md");
  const command = commandsOf(page).find((line) => line.startsWith("k8svent verify")) ?? "";
  const [, header = ""] = /-H '([^']+)'/.exec(command) ?? [];
  const files = { "body.json": '{"type":"k8svent.test"}\n', plain: "a plain secret of some length" };
  const argv = ["verify", "--body", "body.json", "--secret-file", "plain", "-H", header];
  const { code, data } = await parseCommand(argv, contextOf(files)) as Answer;
  const shown = blocksOf(page).filter(({ language }) => language === "text").map(({ text }) => text);
  assert.equal(code, 1);
  assert(shown.includes(data), data);
});
