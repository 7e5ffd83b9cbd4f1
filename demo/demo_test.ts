import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

interface Ended {
  code: number;
  lines: string[];
  stderr: string;
  /** What it left behind in the folder for temporary files. */
  leftovers: string[];
}

/** Runs the demo to its end; `onLine` is called with each line and may end it by a signal. */
async function runDemo(
  args: string[],
  onLine: (line: string, demo: Deno.ChildProcess) => void,
): Promise<Ended> {
  const folder = await Deno.makeTempDir();
  const demo = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=test", fileURLToPath(new URL("main.ts", import.meta.url)), ...args],
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { TMPDIR: folder },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(demo.stderr).text();
  const lines: string[] = [];
  let rest = "";
  for await (const chunk of demo.stdout.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      lines.push(line);
      onLine(line, demo);
    }
  }
  const { code } = await demo.status;
  const leftovers = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  await Deno.remove(folder, { recursive: true });
  return { code, lines: lines.slice(1), stderr: await stderr, leftovers };
}

Deno.test("the demo delivers every pod, then what happens to them, signed, and ends on Ctrl-C without a trace", async () => {
  let ended = false;
  const { code, lines, stderr, leftovers } = await runDemo(["--pods", "6"], (line, demo) => {
    if (ended || !/pod\.\w+ +(?!sync )/.test(line)) return;
    ended = true;
    demo.kill("SIGINT");
  });
  assert.equal(code, 0, stderr);
  assert.equal(lines.filter((line) => /pod\.changed +sync/.test(line)).length >= 6, true, lines.join("\n"));
  const deliveries = lines.filter((line) => line.includes(" pod."));
  for (const line of deliveries) {
    assert.match(line, /^\d\d:\d\d:\d\d pod\.\w+ +\S+ +\S+\/\S+ +\w+ +(signed|attempt \d+|answers 503)$/);
  }
  assert.deepEqual(lines.filter((line) => line.length > 100), []);
  assert.match(lines.join("\n"), /info +k8svent .* follows the pods/);
  assert.deepEqual(leftovers, []);
});

Deno.test("the demo ends by itself when its time is up", async () => {
  const { code, stderr, leftovers } = await runDemo(["--seconds", "1"], () => {});
  assert.equal(code, 0, stderr);
  assert.deepEqual(leftovers, []);
});

Deno.test("the demo says what is wrong with its command line", async () => {
  const { code, stderr } = await runDemo(["--pods", "many"], () => {});
  assert.deepEqual([code, stderr], [2, '--pods takes a whole number from 1 to 999999, not "many".\n']);
});
