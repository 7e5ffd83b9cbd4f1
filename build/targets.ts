/** Where the program runs: Deno's name for it, what files are called after, and how a program's name ends. */
export interface Target {
  name: string;
  triple: string;
  suffix: string;
}

/** All that Deno has a runtime for. */
export const TARGETS: readonly Target[] = [
  { name: "linux-x64", triple: "x86_64-unknown-linux-gnu", suffix: "" },
  { name: "linux-arm64", triple: "aarch64-unknown-linux-gnu", suffix: "" },
  { name: "macos-x64", triple: "x86_64-apple-darwin", suffix: "" },
  { name: "macos-arm64", triple: "aarch64-apple-darwin", suffix: "" },
  { name: "windows-x64", triple: "x86_64-pc-windows-msvc", suffix: ".exe" },
];

/** What a person names them by. */
export const TARGET_NAMES: readonly string[] = TARGETS.map(({ name }) => name);

/** What image builders call an architecture (Go's GOARCH). */
const GO_ARCHITECTURES: Record<string, string> = { amd64: "x64", arm64: "arm64" };

/** The target of a name such as `linux-x64`, or `linux-amd64`. */
export function findTarget(name: string): Target | undefined {
  const [system, architecture = ""] = name.split("-");
  const ours = `${system}-${GO_ARCHITECTURES[architecture] ?? architecture}`;
  return TARGETS.find((target) => target.name === ours);
}

/** The target that this machine is. */
export function hostTarget(): Target | undefined {
  return TARGETS.find(({ triple }) => triple === Deno.build.target);
}
