import { fileURLToPath } from "node:url";
import { basename, dirname } from "node:path";
import { BuildError, run, say } from "./command.ts";
import { type Manual, ownFlags } from "./flags.ts";
import { findTarget, hostTarget, type Target, TARGET_NAMES } from "./targets.ts";

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

/**
 * Deno would bake this variable of whoever builds into the binary, which then sent whole URLs and what it prints to a
 * collector, whatever it is run with.
 */
const NO_TELEMETRY = { OTEL_DENO: "false" };

/** What stands in `src/cli/version.ts` for the commit. */
const COMMIT = '"@commit@"';

/**
 * What the program runs with wherever it runs: a young generation that holds what a batch makes (half of it costs a
 * sixth more of the processor in a first sync), and an old one that is collected when it has grown by a fifth, not when
 * it has become three times as large. Less memory for some time: see `bench/`. To begin later than V8 does by itself
 * (`--incremental-marking-soft-trigger`) spares some 3% of the processor, and costs 11 MB at the peak of 3,000 pods.
 * `deno task start` has the same.
 */
export const V8_FLAGS = "--v8-flags=--max-semi-space-size=8,--heap-growing-percent=20";

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
 * its permissions baked in. What was at `output` stays there until the new binary is whole: `deno compile` removes it
 * first, and then may have no network for the runtime.
 *
 * @throws {BuildError}
 */
export async function compile(compilation: Compilation): Promise<void> {
  const { output } = compilation;
  await Deno.mkdir(dirname(output), { recursive: true });
  // Beside it: a rename does not lead from one file system to another.
  const made = await Deno.makeTempDir({ dir: dirname(output), prefix: ".compiling-" });
  try {
    const path = `${made}/${basename(output)}`;
    await compileTo(path, compilation);
    await Deno.rename(path, output);
  } finally {
    await Deno.remove(made, { recursive: true });
  }
}

async function compileTo(
  path: string,
  { permissions, target, commit, toolchain }: Compilation,
): Promise<void> {
  if (toolchain !== undefined && target !== undefined && target.triple !== Deno.build.target) {
    throw new BuildError(
      `The runtime of K8SVENT_TOOLCHAIN is for ${
        hostTarget()?.name ?? Deno.build.target
      }, not for ${target.name}: ` +
        "leave the variable empty where Deno can download its own.",
    );
  }
  // Inside the checkout: deno.json, which has the permission sets, is found from the entry.
  const folder = await Deno.makeTempDir({ dir: ROOT, prefix: ".bundle-" });
  try {
    say("Bundling ...");
    await bundle(folder, commit);
    say(`Compiling for ${target?.name ?? "this machine"}, with the permissions "${permissions}" ...`);
    const args = [
      ...["compile", "-q", "--frozen", `-P=${permissions}`, "--no-prompt", "--no-code-cache", "--no-check"],
      ...[V8_FLAGS, "-o", path],
    ];
    if (toolchain === undefined) {
      const aimed = target === undefined ? args : [...args, "--target", target.triple];
      await compileWithPinned(aimed, folder, target?.name ?? "this machine");
    } else {
      await compileWithToolchain(args, folder, toolchain);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * What is compiled: the program in few files, of which `main.js` is the entry.
 *
 * @throws {BuildError}
 */
export async function bundle(folder: string, commit: string): Promise<void> {
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

async function compileWithPinned(args: string[], folder: string, target: string): Promise<void> {
  try {
    await run(Deno.execPath(), [...args, `${folder}/main.js`], NO_TELEMETRY);
  } catch (cause) {
    if (!(cause instanceof BuildError) || !/denort|download|dns|connect/i.test(cause.message)) throw cause;
    throw new BuildError(
      `Deno's runtime for ${target} cannot be downloaded from dl.deno.land: is there a network, and is HTTPS_PROXY ` +
        "set where it takes a proxy? Where it is closed, name a script in K8SVENT_TOOLCHAIN that prints the paths of " +
        "a Deno and of its runtime (denort), a line each.",
      { cause },
    );
  }
}

async function compileWithToolchain(args: string[], folder: string, toolchain: string): Promise<void> {
  const [deno = "", runtime = ""] = (await run(toolchain, [])).trim().split("\n");
  await Deno.writeTextFile(`${folder}/shim.js`, SHIM);
  await run(deno, [...args, "--preload", `${folder}/shim.js`, `${folder}/main.js`], {
    ...NO_TELEMETRY,
    DENORT_BIN: runtime,
  });
}

/** The commit of the checkout, in short, `-dirty` where files differ from it; empty outside one. */
export async function readCommit(): Promise<string> {
  // A build without the repository beside it, as in a container, is given it.
  const given = Deno.env.get("COMMIT");
  if (given) return given.slice(0, 12);
  const describe = ["-C", ROOT, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
  return (await run("git", describe).catch(() => "")).trim();
}

/** A script for `Compilation.toolchain`, if one was named. */
export function readToolchain(): string | undefined {
  return Deno.env.get("K8SVENT_TOOLCHAIN") || undefined;
}

const MANUAL: Manual<"target" | "output" | "permissions"> = {
  command: "deno task compile",
  what:
    "Makes one self-contained binary of the program, for this machine or for another. What was there before " +
    "stays until the new one is whole. Deno downloads its runtime for the target; where the network is closed, name " +
    "a script in K8SVENT_TOOLCHAIN that prints the paths of a Deno and of its runtime (denort), a line each.",
  flags: {
    target: {
      value: "TARGET",
      default: "",
      what: `where it is to run: ${TARGET_NAMES.join(", ")}; this machine by default`,
      takes: {
        form: new RegExp(`^(${TARGET_NAMES.join("|")}|linux-amd64|macos-amd64|windows-amd64)$`),
        words: `one of ${TARGET_NAMES.join(", ")}`,
      },
    },
    output: {
      value: "FILE",
      default: "",
      what: "where it goes; dist/k8svent by default, with --target dist/k8svent-TARGET",
    },
    permissions: {
      value: "SET",
      default: "default",
      what:
        "what it may do, baked in: the set of deno.json for a workstation, or that for an image (cluster)",
      takes: { form: /^(default|cluster)$/, words: "default or cluster" },
    },
  },
  examples: [
    ["deno task compile", "dist/k8svent, for this machine"],
    ["deno task compile --target linux-arm64", "dist/k8svent-linux-arm64"],
    ["deno task compile:cluster --output /out/k8svent", "with the narrow permissions of an image"],
  ],
};

/** A name of its own for each target that is asked for: one build does not overwrite another. */
export function defaultOutput(target: Target | undefined): string {
  return `${ROOT}dist/k8svent${target === undefined ? "" : `-${target.name}${target.suffix}`}`;
}

if (import.meta.main) {
  const { target: name, output: given, permissions } = ownFlags(MANUAL);
  try {
    const asked = findTarget(name);
    const output = given || defaultOutput(asked);
    const target = asked ?? hostTarget();
    await compile({ permissions, output, target, commit: await readCommit(), toolchain: readToolchain() });
    say(`Made ${output}.`);
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    say(error.message);
    Deno.exit(1);
  }
}
