import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { BuildError, say } from "./command.ts";
import { compile, readCommit, readToolchain } from "./compile.ts";
import { readPackages } from "./contents.ts";
import { type Manual, ownFlags } from "./flags.ts";
import { cutNotes, isUnreleased } from "./notes.ts";
import { printBillOfMaterials } from "./sbom.ts";
import { findTarget, type Target, TARGET_NAMES } from "./targets.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What to release. */
export interface Release {
  /** All of them, but for where a toolchain can make only some. */
  targets: readonly Target[];
  /** The folder for everything; what is in it goes. */
  output: string;
  /** The tag that a release was asked by, `vVERSION`; undefined for a rehearsal. */
  tag?: string | undefined;
}

/**
 * Makes everything that a release has: a binary for each target, their checksums, what is inside, and the notes.
 *
 * @throws {BuildError} where the tag is not this version's, or the changelog says nothing of it.
 */
export async function release({ targets, output, tag }: Release): Promise<void> {
  const { version } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const notes = checkNotes(await Deno.readTextFile(`${ROOT}/CHANGELOG.md`), version, tag);
  await Deno.remove(output, { recursive: true }).catch((error: unknown) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(output, { recursive: true });
  const commit = await readCommit();
  const files: string[] = [];
  for (const target of targets) {
    const name = `k8svent-${version}-${target.name}${target.suffix}`;
    await compile({
      permissions: "default",
      target,
      output: `${output}/${name}`,
      commit,
      toolchain: readToolchain(),
    });
    files.push(name);
  }
  const bill = `k8svent-${version}.cdx.json`;
  const contents = { version, commit, deno: Deno.version.deno, packages: await readPackages() };
  await Deno.writeTextFile(`${output}/${bill}`, printBillOfMaterials(contents));
  files.push(bill);
  await Deno.writeTextFile(`${output}/SHA256SUMS`, await sums(output, files));
  await Deno.writeTextFile(`${output}/NOTES.md`, `${notes}\n`);
  say(`Made ${files.length} files, SHA256SUMS and NOTES.md in ${output}.`);
}

function checkNotes(changelog: string, version: string, tag: string | undefined): string {
  if (tag !== undefined && tag !== `v${version}`) {
    throw new BuildError(`The tag is ${tag}, but deno.json says version ${version}: change one of them.`);
  }
  if (tag !== undefined && isUnreleased(changelog, version)) {
    throw new BuildError(`CHANGELOG.md calls ${version} unreleased: give it its date.`);
  }
  const notes = cutNotes(changelog, version);
  if (notes === undefined) {
    throw new BuildError(`CHANGELOG.md says nothing of ${version}: write what is new.`);
  }
  return notes;
}

/** As `sha256sum` writes and checks them. */
async function sums(folder: string, files: string[]): Promise<string> {
  const lines = await Promise.all(
    files.toSorted().map(async (file) => {
      const digest = createHash("sha256").update(await Deno.readFile(`${folder}/${file}`)).digest("hex");
      return `${digest}  ${file}\n`;
    }),
  );
  return lines.join("");
}

const MANUAL: Manual<"targets" | "tag" | "output"> = {
  command: "deno task release",
  what:
    "Makes what a release has: a binary for each target, a bill of materials (CycloneDX), SHA256SUMS over them, " +
    "and NOTES.md from CHANGELOG.md. It publishes nothing: that is the workflow's (.github/workflows/release.yaml).",
  flags: {
    targets: {
      value: "TARGET,...",
      default: TARGET_NAMES.join(","),
      what: "what to make binaries for",
      takes: {
        form: new RegExp(`^(${TARGET_NAMES.join("|")})(,(${TARGET_NAMES.join("|")}))*$`),
        words: `some of ${TARGET_NAMES.join(",")}`,
      },
    },
    tag: {
      value: "vVERSION",
      default: "",
      what: "the tag that asked for it, which must be that of deno.json's version; without it, a rehearsal",
    },
    output: {
      value: "FOLDER",
      default: "",
      what: "where all of it goes; dist/release by default. What is in it is removed first",
    },
  },
  examples: [
    ["deno task release", "a rehearsal, for all targets"],
    ["deno task release --targets linux-x64,linux-arm64", "for two of them"],
    ["deno task release --tag v0.1.0", "as the workflow does it"],
  ],
};

if (import.meta.main) {
  const { targets, tag, output } = ownFlags(MANUAL);
  try {
    await release({
      targets: targets.split(",").flatMap((name) => findTarget(name) ?? []),
      output: output || `${ROOT}dist/release`,
      ...tag !== "" && { tag },
    });
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    say(error.message);
    Deno.exit(1);
  }
}
