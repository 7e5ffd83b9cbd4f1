/**
 * Runs `deno test` with the arguments that it is given, and says once, at the end, which tests were skipped for want
 * of something, and which command installs all of it. The exit code is that of `deno test`.
 *
 *   deno task test [FILE ...]
 */
import process from "node:process";
import { explainSkipped, SKIPPED } from "./kit/needing.ts";

const file = await Deno.makeTempFile({ prefix: "k8svent-skipped-" });
// Ctrl-C goes to the whole process group: the tests end, and then this.
const ignore = (): void => {};
Deno.addSignalListener("SIGINT", ignore);
try {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-q", "-P=test", "--parallel", ...Deno.args],
    env: { [SKIPPED]: file },
  }).spawn().status;
  // A test that has a process of its own (kit/own_process.ts) reads its file once more.
  const lines = new Set((await Deno.readTextFile(file)).split("\n").filter((line) => line !== ""));
  Deno.stderr.writeSync(new TextEncoder().encode(explainSkipped([...lines].map((line) => JSON.parse(line)))));
  process.exitCode = code;
} finally {
  Deno.removeSignalListener("SIGINT", ignore);
  await Deno.remove(file);
}
