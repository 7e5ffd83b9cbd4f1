import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../kit/command.ts";
import { freePort } from "../kit/port.ts";
import { answering, fake, kubeconfig, type Running, type Situation } from "./situation.ts";

/** What a person saw. */
export interface Met {
  /** What was given, with the placeholders, as it would be typed. */
  command: string;
  /** Lines of stderr, with what differs between two runs made the same. */
  lines: string[];
  /** Lines of stdout. */
  data: number;
  /** undefined: it goes on. */
  code: number | undefined;
  /** Until the last line, or the end. */
  milliseconds: number;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** After which a situation that goes on has failed. */
const DEADLINE = 45_000;

/** Signs what is sent, where a situation says nothing of it. */
const GIVEN_SECRET = { K8SVENT_WEBHOOK_SECRET: "kept-out-of-the-book-0123456789" };

/** What is printed when all is well, too, and at an instant that other lines do not wait for. */
const ROUTINE = /^info {2}(k8svent VERSION follows|Listed (\d|no)|Delivers to )/;

/** Stands at the end where what was waited for did not come. */
export const NEVER_SAID = "(it never said";

/**
 * Provokes it with the real program, as a process of its own.
 *
 * @param main the program's entry, as it is bundled for a release: it starts in two thirds of the processor's time of
 * the modules one by one
 */
export async function provoke(situation: Situation, main: string): Promise<Met> {
  const dir = await Deno.makeTempDir({ prefix: "k8svent-message-" });
  const running: Record<string, Running> = {};
  try {
    const { servers = {}, cluster = fake() } = situation;
    for (const [name, start] of Object.entries(servers)) running[name] = await start();
    if (cluster !== null) running.api = await cluster();
    if (cluster !== null && servers.hook === undefined) running.hook = await answering({ status: 200 })();
    const fill = filler(dir, running);
    await writeFiles(situation, dir, fill);
    return await runIt(situation, main, dir, fill);
  } finally {
    for (const server of Object.values(running)) await server.close();
    await Deno.remove(dir, { recursive: true });
  }
}

/** Puts what they stand for in place of the placeholders. */
function filler(dir: string, running: Record<string, Running>): (text: string) => string {
  const free = String(freePort());
  return (text) =>
    text.replace(/\{([a-z]+)(\.port)?\}/g, (whole, name: string, port) => {
      if (name === "dir") return dir;
      if (name === "free") return free;
      const origin = running[name]?.origin;
      if (origin === undefined) return whole;
      return port === undefined ? origin : new URL(origin).port;
    });
}

async function writeFiles(
  { files = {}, modes = {}, cluster }: Situation,
  dir: string,
  fill: (text: string) => string,
): Promise<void> {
  await Deno.mkdir(`${dir}/home`);
  if (cluster !== null) {
    await Deno.writeTextFile(`${dir}/kubeconfig`, fill(kubeconfig({ server: "{api}" })));
  }
  for (const [name, text] of Object.entries(files)) {
    const path = `${dir}/${name}`;
    await Deno.mkdir(name.endsWith("/") ? path : dirname(path), { recursive: true });
    if (!name.endsWith("/")) await Deno.writeTextFile(path, fill(text));
  }
  for (const [name, mode] of Object.entries(modes)) await Deno.chmod(`${dir}/${name}`, mode);
}

async function runIt(
  situation: Situation,
  main: string,
  dir: string,
  fill: (text: string) => string,
): Promise<Met> {
  const { args = [], env = {}, stdin, cluster, until, signals = [], shell, routine } = situation;
  const given = cluster === null ? args : ["--kubeconfig", "{dir}/kubeconfig", ...args];
  const program = [...await programOf(situation, main), ...given.map(fill)];
  const words = shell === undefined ? program : ["bash", "-c", fill(shell), "bash", ...program];
  const started = performance.now();
  const child = new Deno.Command(words[0] ?? "", {
    args: words.slice(1),
    cwd: ROOT,
    clearEnv: true,
    env: {
      ...await inherited(),
      HOME: `${dir}/home`,
      K8SVENT_LOG_FORMAT: "text",
      ...saysSecret(args) ? {} : GIVEN_SECRET,
      ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value)])),
    },
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const deadline = setTimeout(() => child.kill("SIGKILL"), DEADLINE);
  if (stdin !== undefined) await feed(child, fill(stdin));
  const stdout = new Response(child.stdout).text();
  const lines: string[] = [];
  let [lastAt, isCut] = [started, false];
  const rest = [...signals];
  for await (const line of linesOf(child.stderr)) {
    if (isCut) continue;
    lastAt = performance.now();
    const text = normalised(line, dir);
    if (routine || !ROUTINE.test(text)) lines.push(text);
    if (rest[0] !== undefined && line.includes(rest[0][0])) child.kill(rest.shift()?.[1] ?? "SIGKILL");
    if (until === undefined || !line.includes(until)) continue;
    isCut = true;
    child.kill("SIGKILL");
  }
  const { code } = await child.status;
  clearTimeout(deadline);
  if (until !== undefined && !isCut) lines.push(`${NEVER_SAID} "${until}")`);
  return {
    command: commandOf(situation),
    lines,
    data: (await stdout).split("\n").length - 1,
    code: isCut ? undefined : code,
    milliseconds: (lines.length === 0 || !isCut ? performance.now() : lastAt) - started,
  };
}

/** The program, or what deno.json has for a task: without the variables before it, which this process has got. */
async function programOf({ task }: Situation, main: string): Promise<string[]> {
  if (task === undefined) {
    return [Deno.execPath(), "run", "-q", `--config=${ROOT}deno.json`, "-P", "--no-check", main];
  }
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const [, ...words] = tasks[task].command.split(" ").filter((word: string) => !/^[A-Z_]+=/.test(word));
  return [Deno.execPath(), ...words];
}

/** Whether the command line has something to say of the secret, or nothing to sign. */
function saysSecret(args: string[]): boolean {
  return args.some((word) => /^(--secret|-s\b)/.test(word)) ||
    !args.some((word) => /^(--url|-u)\b/.test(word));
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncIterable<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

async function feed(child: Deno.ChildProcess, text: string): Promise<void> {
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text)).catch(() => {});
  await writer.close().catch(() => {});
}

/** Without what would configure the program: only where it finds its runtime, other programs, and its cache. */
const inherited = once(async () => {
  const { denoDir } = JSON.parse(await run(Deno.execPath(), ["info", "--json"]));
  const kept = ["PATH", "DENO_TLS_CA_STORE", "SystemRoot"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(kept), DENO_DIR: denoDir, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
});

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}

/** Makes the same of what differs between two runs: times, ports, the folder, which of the three pods is first. */
export function normalised(line: string, dir: string): string {
  return line
    .replace(/^(\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d(\.\d+)?( ?(Z|UTC|[+-]\d\d:?\d\d))? +/, "")
    .replaceAll(dir, "{dir}")
    .replace(/(127\.0\.0\.1|\[::1\]|localhost):\d{5}\b/g, "$1:PORT")
    .replace(/\bport \d{5}\b/g, "port PORT")
    .replace(/\b(after|last|in|for) \d{1,2}(\.\d+)? s\b/g, "$1 N s")
    .replace(/\b(shop\/web-[01]|team\/db-0)\b/g, "NAMESPACE/POD")
    .replace(/\bin \d+(\.\d+)? ms\b/g, "in N s")
    .replace(/\bmilliseconds=\d+/g, "milliseconds=N")
    .replace(/\b20\d\d-\d\d-\d\d\b/g, "DATE")
    .replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, "TIME")
    .replace(/k8svent \d+\.\d+\.\d+/g, "k8svent VERSION")
    .trimEnd();
}

function commandOf({ args = [], env = {}, shell, stdin, signals = [], task }: Situation): string {
  const words = args.map((word) => /^[\w@%+=:,./{}?*~-]+$/.test(word) ? word : `'${shown(word)}'`);
  const variables = Object.entries(env).map(([name, value]) => `${name}='${shown(value)}'`);
  const program = [task === undefined ? "k8svent" : `deno task ${task}`, ...words].join(" ");
  return [
    ...variables,
    shell === undefined ? program : shell.replace('"$@"', program),
    ...stdin === undefined ? [] : ["<<<", `'${shown(stdin)}'`],
    ...signals.map(([, signal]) => `# then ${signal}`),
  ].join(" ");
}

/** What cannot be seen, or is too long to be read. */
function shown(text: string): string {
  const printed = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return printed.length > 120 ? `${printed.slice(0, 60)}…` : printed;
}
