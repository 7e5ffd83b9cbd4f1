import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { findToolchain } from "../tests/kit/binary.ts";
import { run } from "../tests/kit/command.ts";
import { BuildError } from "./command.ts";
import { cutNotes, isUnreleased } from "./notes.ts";
import { release } from "./release.ts";
import { printBillOfMaterials } from "./sbom.ts";
import { hostTarget } from "./targets.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));

const CHANGELOG =
  "# Changelog\n\nText.\n\n## 1.1.0 - unreleased\n\n- Two.\n\n### Fixed\n\n- Three.\n\n## 1.0.0 - 2026-01-01\n\n- One.\n";

Deno.test("the notes of a version are what the changelog has below its heading", () => {
  assert.equal(cutNotes(CHANGELOG, "1.1.0"), "- Two.\n\n### Fixed\n\n- Three.");
  assert.equal(cutNotes(CHANGELOG, "1.0.0"), "- One.");
  assert.equal(cutNotes(CHANGELOG, "1.0"), undefined);
  assert.equal(cutNotes("## 1.0.0 - 2026-01-01\n\n## 0.9.0\n\n- One.\n", "1.0.0"), undefined);
});

Deno.test("a version is unreleased as long as its heading says so", () => {
  assert.equal(isUnreleased(CHANGELOG, "1.1.0"), true);
  assert.equal(isUnreleased(CHANGELOG, "1.0.0"), false);
});

Deno.test("a release is refused by a tag that is not this version's", async () => {
  const output = await Deno.makeTempDir();
  await assert.rejects(release({ targets: [], output, tag: "v99.0.0" }), (error) => {
    return error instanceof BuildError && error.message.includes(`deno.json says version ${version}`);
  });
  await Deno.remove(output, { recursive: true });
});

const host = hostTarget();

Deno.test({
  name: "a release has its binary, checksums that hold, what is inside, and notes",
  ignore: findToolchain() === undefined || host === undefined,
  async fn(): Promise<void> {
    const output = await Deno.makeTempDir({ prefix: "k8svent-release-" });
    try {
      await run(Deno.execPath(), [
        ...["run", "-q", "-P=build", `${ROOT}/build/release.ts`],
        ...["--targets", host?.name ?? "", "--output", output],
      ], { env: { K8SVENT_TOOLCHAIN: findToolchain() ?? "" } });
      const sums = await run("sh", ["-c", 'cd "$0" && sha256sum --check SHA256SUMS', output]);
      assert.match(sums, new RegExp(`k8svent-${version}-${host?.name}: OK`));
      const printed = await run(`${output}/k8svent-${version}-${host?.name}`, ["--version"]);
      assert.ok(printed.startsWith(`k8svent ${version} (`));
      assert.match(await Deno.readTextFile(`${output}/NOTES.md`), /^### Added/);
      const bill = JSON.parse(await Deno.readTextFile(`${output}/k8svent-${version}.cdx.json`));
      const names: string[] = bill.components.map(({ purl }: { purl: string }) =>
        purl.replace(/@[^@]*$/, "")
      );
      for (
        const name of ["pkg:npm/%40kubernetes/client-node", "pkg:npm/semver", "pkg:github/denoland/deno"]
      ) {
        assert.ok(names.includes(name), name);
      }
      assert.ok(
        !names.some((name) => /fast-check|%40types/.test(name)),
        "what only tests and types need is not inside",
      );
    } finally {
      await Deno.remove(output, { recursive: true });
    }
  },
});

Deno.test("what is inside names each package by its place, its digest and its licence", () => {
  const text = printBillOfMaterials({
    version: "1.0.0",
    commit: "0123456789ab",
    deno: "2.9.6",
    packages: [
      { name: "semver", version: "7.0.0", license: "ISC", integrity: `sha512-${btoa("ab")}` },
      { name: "@a/b", version: "1.0.0" },
    ],
  });
  const { components, metadata } = JSON.parse(text);
  assert.equal(metadata.component.properties[0].value, "0123456789ab");
  assert.deepEqual(components.slice(1), [
    {
      type: "library",
      "bom-ref": "@a/b@1.0.0",
      group: "@a",
      name: "b",
      version: "1.0.0",
      purl: "pkg:npm/%40a/b@1.0.0",
    },
    {
      type: "library",
      "bom-ref": "semver@7.0.0",
      name: "semver",
      version: "7.0.0",
      purl: "pkg:npm/semver@7.0.0",
      licenses: [{ expression: "ISC" }],
      hashes: [{ alg: "SHA-512", content: "6162" }],
    },
  ]);
});
