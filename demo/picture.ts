/** Runs the demo and draws what it prints: `demo/demo.svg`, for the README. */
import { fileURLToPath } from "node:url";
import { COLUMNS } from "./line.ts";
import { drawTerminal } from "./terminal.ts";

const COMMAND = "npx -y deno@2.9.6 task -q demo";
const PICTURE = new URL("demo.svg", import.meta.url);

/** Few pods, so that the list at the beginning does not fill it; as long as it takes to see a retry. */
const ARGUMENTS = ["--pods", "6", "--seconds", "14"];

/** Lines that are shown. */
const ROWS = 36;

const { code, stdout } = await new Deno.Command(Deno.execPath(), {
  args: ["run", "-q", "-P=test", "demo/main.ts", ...ARGUMENTS],
  cwd: fileURLToPath(new URL("..", import.meta.url)),
  env: { FORCE_COLOR: "1" },
  stderr: "inherit",
}).output();
if (code !== 0) Deno.exit(code);
const lines = new TextDecoder().decode(stdout).trimEnd().split("\n").slice(0, ROWS);
const title = "The demo: deliveries of a small cluster, each in a line, with a retry among them";
await Deno.writeTextFile(PICTURE, drawTerminal(title, [`$ ${COMMAND} --pods 6`, ...lines], COLUMNS));
