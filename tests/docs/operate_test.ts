import assert from "node:assert/strict";
import { explainPod } from "../../src/app/explain.ts";
import { operate } from "../../src/app/operate.ts";
import { parseCommand } from "../../src/cli/command.ts";
import type { ExplainOptions, OperateOptions } from "../../src/cli/job.ts";
import { painter } from "../../src/runtime/paint.ts";
import { withAdminPort } from "../kit/admin_port.ts";
import { contextOf } from "../kit/config_files.ts";
import { MemoryLog } from "../kit/memory_log.ts";
import { blocksOf, commandsOf, readPage } from "../kit/pages.ts";

Deno.test("docs/operate.md shows what its commands print, and each of them works", async () => {
  const page = await readPage("docs/operate.md");
  const shown = blocksOf(page).filter(({ language }) => language === "console").map(({ text }) => text);
  const commands = commandsOf(page).filter((command) => !/kubectl|--admin-listen/.test(command));
  const printed: string[] = [];
  await withAdminPort(async ({ port, clock }) => {
    await clock.advance(7_200_000);
    for (const command of commands) {
      const argv = command.split(" ").slice(1);
      const options = await parseCommand(argv, contextOf({})) as OperateOptions | ExplainOptions;
      const server = new URL(`http://127.0.0.1:${port}`);
      const world = {
        log: new MemoryLog(),
        clock,
        env: () => undefined,
        paint: painter(false),
        print: (text: string) => Promise.resolve(void printed.push(text)),
        remark: (line: string) => assert.fail(`${command}: ${line}`),
        stop: new AbortController().signal,
      };
      if (options.command === "explain") await explainPod({ ...options, server }, world);
      else await operate({ ...options, server }, world);
    }
  }, { asksForToken: false });
  assert.equal(printed.length, commands.length);
  assert.ok(shown.length > 1);
  for (const block of shown) assert.ok(printed.includes(block), `no command prints\n${block}`);
});
