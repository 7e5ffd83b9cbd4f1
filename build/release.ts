import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BuildError, say } from "./command.ts";
import { compile, readCommit, readToolchain } from "./compile.ts";
import { readPackages } from "./contents.ts";
import { cutNotes, isUnreleased } from "./notes.ts";
import { printBillOfMaterials } from "./sbom.ts";
import { findTarget, type Target, TARGETS } from "./targets.ts";

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

function chooseTargets(names: string | undefined): readonly Target[] {
  if (names === undefined) return TARGETS;
  return names.split(",").map((name) => {
    const target = findTarget(name);
    if (target !== undefined) return target;
    throw new BuildError(
      `There is no target ${name}: take some of ${TARGETS.map((one) => one.name).join(", ")}.`,
    );
  });
}

if (import.meta.main) {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: {
        targets: { type: "string" },
        tag: { type: "string" },
        output: { type: "string", default: `${ROOT}dist/release` },
      },
    });
    await release({ targets: chooseTargets(values.targets), output: values.output, tag: values.tag });
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    say(error.message);
    Deno.exit(1);
  }
}
