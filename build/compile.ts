import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BuildError, run, say } from "./command.ts";
import { findTarget, hostTarget, type Target, TARGETS } from "./targets.ts";

/** One binary to make. */
export interface Compilation {
  /** A permission set of deno.json. */
  permissions: string;
  /** Where it is to run; this machine by default. */
  target?: Target | undefined;
  /** The binary's path. */
  output: string;
  /** What `--version` says. Empty: it was not built from a commit. */
  commit: string;
  /**
   * A script that prints two lines, the paths of a Deno and of its runtime, for where the pinned Deno cannot
   * download its own.
   */
  toolchain?: string | undefined;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What stands in `src/cli/version.ts` for the commit. */
const COMMIT = '"@commit@"';

/**
 * What the program runs with wherever it runs: a small young generation, and an old one that is collected when it
 * has grown by a third, not when it has become three times as large. Less memory for some time: see `bench/`.
 * `deno task start` has the same.
 */
export const V8_FLAGS = "--v8-flags=--max-semi-space-size=4,--heap-growing-percent=30";

/**
 * What Deno 2.7 lacks of what the program's libraries use; a runtime that comes by a toolchain may be so old.
 * The pinned Deno needs none of it.
 */
const SHIM = `import events, { addAbortListener } from "node:events";
import threads from "node:worker_threads";
threads.markAsUncloneable ??= () => {};
events.addAbortListener ??= addAbortListener;
`;

/**
 * Bundles the program, so that only what is used is inside and what is lazy stays lazy, and compiles the bundle with
 * its permissions baked in.
 *
 * @throws {BuildError}
 */
export async function compile(
  { permissions, target, output, commit, toolchain }: Compilation,
): Promise<void> {
  // Inside the checkout: deno.json, which has the permission sets, is found from the entry.
  const folder = await Deno.makeTempDir({ dir: ROOT, prefix: ".bundle-" });
  try {
    say("Bundling ...");
    await bundle(folder, commit);
    say(`Compiling for ${target?.name ?? "this machine"}, with the permissions "${permissions}" ...`);
    const args = [
      ...["compile", "-q", "--frozen", `-P=${permissions}`, "--no-prompt", "--no-code-cache", "--no-check"],
      ...[V8_FLAGS, "-o", output],
    ];
    if (toolchain === undefined) {
      await compileWithPinned([...args, ...(target ? ["--target", target.triple] : [])], folder);
    } else {
      await compileWithToolchain(args, folder, target, toolchain);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function bundle(folder: string, commit: string): Promise<void> {
  await run(Deno.execPath(), [
    ...["bundle", "-q", "--minify", "--code-splitting", "--outdir", folder],
    `${ROOT}/main.ts`,
  ]);
  let places = 0;
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(`${folder}/${name}`);
    if (!text.includes(COMMIT)) continue;
    places += text.split(COMMIT).length - 1;
    await Deno.writeTextFile(`${folder}/${name}`, text.replaceAll(COMMIT, JSON.stringify(commit)));
  }
  if (places !== 1) {
    throw new BuildError(`The bundle has ${places} places for the commit: src/cli/version.ts has one.`);
  }
}

async function compileWithPinned(args: string[], folder: string): Promise<void> {
  try {
    await run(Deno.execPath(), [...args, `${folder}/main.js`]);
  } catch (cause) {
    if (!(cause instanceof BuildError) || !/denort|download|dns|connect/i.test(cause.message)) throw cause;
    throw new BuildError(
      `${cause.message}\n\nDeno downloads its runtime for the binary. Where the network is closed, name a script in ` +
        "K8SVENT_TOOLCHAIN that prints the paths of a Deno and of its runtime (denort), a line each.",
      { cause },
    );
  }
}

async function compileWithToolchain(
  args: string[],
  folder: string,
  target: Target | undefined,
  toolchain: string,
): Promise<void> {
  if (target !== undefined && target.triple !== Deno.build.target) {
    throw new BuildError(
      `The runtime of K8SVENT_TOOLCHAIN is for ${Deno.build.target}, not for ${target.name}.`,
    );
  }
  const [deno = "", runtime = ""] = (await run(toolchain, [])).trim().split("\n");
  await Deno.writeTextFile(`${folder}/shim.js`, SHIM);
  await run(deno, [...args, "--preload", `${folder}/shim.js`, `${folder}/main.js`], { DENORT_BIN: runtime });
}

/** The commit of the checkout, in short, `-dirty` where files differ from it; empty outside one. */
export async function readCommit(): Promise<string> {
  // A build without the repository beside it, as in a container, is told.
  const given = Deno.env.get("COMMIT");
  if (given) return given.slice(0, 12);
  const describe = ["-C", ROOT, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
  return (await run("git", describe).catch(() => "")).trim();
}

/** A script for `Compilation.toolchain`, if one was named. */
export function readToolchain(): string | undefined {
  return Deno.env.get("K8SVENT_TOOLCHAIN") || undefined;
}

/** Where the program was asked to run. */
function chooseTarget(name: string | undefined): Target | undefined {
  if (name === undefined) return hostTarget();
  const target = findTarget(name);
  if (target !== undefined) return target;
  throw new BuildError(
    `There is no target ${name}: take one of ${TARGETS.map((one) => one.name).join(", ")}.`,
  );
}

if (import.meta.main) {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: {
        permissions: { type: "string", default: "default" },
        target: { type: "string" },
        output: { type: "string", default: `${ROOT}dist/k8svent` },
      },
    });
    const { permissions, output } = values;
    const target = chooseTarget(values.target);
    await compile({ permissions, output, target, commit: await readCommit(), toolchain: readToolchain() });
    say(`Made ${output}.`);
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    say(error.message);
    Deno.exit(1);
  }
}
