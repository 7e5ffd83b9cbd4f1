/** A package of npm that is in the program. */
export interface Package {
  name: string;
  version: string;
  /** An SPDX expression, where the package names one. */
  license?: string | undefined;
  /** As the lock file has it: `sha512-` and base64. */
  integrity?: string | undefined;
}

/** What a release is made of. */
export interface Contents {
  version: string;
  commit: string;
  /** The runtime's version. */
  deno: string;
  packages: Package[];
}

/**
 * What is inside the binaries, as CycloneDX 1.6 (ECMA-424). The same contents give the same text: there is no
 * time and no random number in it.
 */
export function printBillOfMaterials({ version, commit, deno, packages }: Contents): string {
  const components = packages
    .toSorted((one, other) => refOf(one) < refOf(other) ? -1 : 1)
    .map((one) => component(one));
  const bill = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": "k8svent",
        name: "k8svent",
        version,
        licenses: [{ license: { id: "Apache-2.0" } }],
        ...(commit === "" ? {} : { properties: [{ name: "commit", value: commit }] }),
      },
    },
    components: [
      {
        type: "platform",
        "bom-ref": `deno@${deno}`,
        name: "deno",
        version: deno,
        purl: `pkg:github/denoland/deno@v${deno}`,
        licenses: [{ license: { id: "MIT" } }],
      },
      ...components,
    ],
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

function component({ name, version, license, integrity }: Package): Record<string, unknown> {
  const [, scope, rest = name] = /^(@[^/]+)\/(.+)$/.exec(name) ?? [];
  const hash = integrity?.startsWith("sha512-")
    ? Uint8Array.fromBase64(integrity.slice("sha512-".length)).toHex()
    : undefined;
  return {
    type: "library",
    "bom-ref": refOf({ name, version }),
    ...(scope === undefined ? {} : { group: scope }),
    name: rest,
    version,
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    ...(hash === undefined ? {} : { hashes: [{ alg: "SHA-512", content: hash }] }),
  };
}

function refOf({ name, version }: { name: string; version: string }): string {
  return `${name}@${version}`;
}
