import { fileURLToPath } from "node:url";
import { run as build } from "../../build/command.ts";
import { COMMIT, compileBinary, findToolchain } from "./binary.ts";
import { run } from "./command.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What a distroless base with a C library has, as Debian's packages. */
const RUNTIME_PACKAGES = [
  "base-files",
  "netbase",
  "tzdata",
  "libc6",
  "libgcc-s1",
  "gcc-12-base",
  "libstdc++6",
];

/** A shell besides. */
const BUILD_PACKAGES = [...RUNTIME_PACKAGES, "busybox-static"];

/** Why no image can be built here; undefined where it can. */
export function lacksImages(): string | undefined {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return "only root on Linux can build an image here.";
  for (const program of ["buildah", "apt-get", "dpkg-deb"]) {
    if (!isThere(program)) return `${program} is missing: apt-get install buildah, on Debian.`;
  }
  return undefined;
}

function isThere(program: string): boolean {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return folders.some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}

/** What an image says about how it is to be run (OCI image specification, "Image Configuration"). */
export interface ImageConfig {
  User: string;
  Entrypoint: string[];
  Cmd?: string[];
  StopSignal: string;
  Labels: Record<string, string>;
}

/** An image that was built, with its root file system in a folder. */
export interface BuiltImage extends AsyncDisposable {
  root: string;
  config: ImageConfig;
  architecture: string;
}

/**
 * Builds the image from the Dockerfile by buildah, on bases put together from Debian's packages. Everything is in a
 * folder of its own, buildah's storage too.
 */
export async function buildImage(version: string): Promise<BuiltImage> {
  const folder = await Deno.makeTempDir({ prefix: "k8svent-image-" });
  const storage = ["--root", `${folder}/storage`, "--runroot", `${folder}/run`];
  const buildah = (...args: string[]): Promise<string> => build("buildah", [...storage, ...args]);
  const dispose = async (): Promise<void> => {
    await buildah("umount", "--all").catch(() => {});
    await run("rm", ["-rf", folder]);
  };
  try {
    await makeBases(folder, buildah);
    // What the build needs of npm comes out of this machine's cache, which a first bundle fills.
    await (await compileBinary("cluster"))[Symbol.asyncDispose]();
    const { denoDir } = JSON.parse(await run(Deno.execPath(), ["info", "--json"]));
    await buildah(
      ...["build", "--quiet", "--isolation", "chroot", "--volume", `${denoDir}:/deno-dir:rw`],
      ...["--build-arg", "BUILD_IMAGE=localhost/build", "--build-arg", "RUNTIME_IMAGE=localhost/runtime"],
      ...(findToolchain() === undefined ? [] : ["--build-arg", "K8SVENT_TOOLCHAIN=/toolchain/print.sh"]),
      ...["--build-arg", `VERSION=${version}`, "--build-arg", `COMMIT=${COMMIT}`],
      ...["--tag", "localhost/k8svent", ROOT],
    );
    const { OCIv1 } = JSON.parse(await buildah("inspect", "--type", "image", "localhost/k8svent"));
    await buildah("from", "--quiet", "--pull-never", "--name", "k8svent", "localhost/k8svent");
    const root = (await buildah("mount", "k8svent")).trim();
    return { root, config: OCIv1.config, architecture: OCIv1.architecture, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

type Buildah = (...args: string[]) => Promise<string>;

async function makeBases(folder: string, buildah: Buildah): Promise<void> {
  const packages = `${folder}/packages`;
  await Deno.mkdir(packages);
  await run("sh", [
    "-c",
    'cd "$0" && apt-get download -qq -o APT::Sandbox::User=root "$@"',
    packages,
    ...BUILD_PACKAGES,
  ]);
  await unpack(packages, RUNTIME_PACKAGES, `${folder}/runtime`);
  await Deno.writeTextFile(
    `${folder}/runtime/etc/passwd`,
    "nonroot:x:65532:65532::/home/nonroot:/sbin/nologin\n",
  );
  await unpack(packages, BUILD_PACKAGES, `${folder}/build`);
  await addToolchain(`${folder}/build`);
  for (const base of ["runtime", "build"]) {
    // A Dockerfile outside the context does not become part of the image.
    await Deno.writeTextFile(
      `${folder}/${base}.Dockerfile`,
      `FROM scratch\nCOPY . /\nENV DENO_DIR=/deno-dir\n`,
    );
    await buildah(
      "build",
      "--quiet",
      "-f",
      `${folder}/${base}.Dockerfile`,
      "-t",
      `localhost/${base}`,
      `${folder}/${base}`,
    );
  }
}

async function unpack(packages: string, names: string[], root: string): Promise<void> {
  await Deno.mkdir(`${root}/tmp`, { recursive: true });
  for await (const { name } of Deno.readDir(packages)) {
    if (names.includes(name.split("_")[0] ?? "")) await run("dpkg-deb", ["-x", `${packages}/${name}`, root]);
  }
}

/** The pinned Deno, and the pair that can compile without a network, where there is one. */
async function addToolchain(root: string): Promise<void> {
  await Deno.copyFile(Deno.execPath(), `${root}/bin/deno`);
  await Deno.symlink("busybox", `${root}/bin/sh`);
  const toolchain = findToolchain();
  if (toolchain === undefined) return;
  await Deno.mkdir(`${root}/toolchain`);
  const [deno = "", runtime = ""] = (await run(toolchain, [])).trim().split("\n");
  // What npm puts in its place is a script for Node.js; the program is in the package of the platform.
  const program = await run(deno, ["eval", "console.log(Deno.execPath())"]);
  await Deno.copyFile(program.trim(), `${root}/toolchain/deno`);
  await Deno.copyFile(runtime, `${root}/toolchain/denort`);
  const script = "#!/bin/sh\necho /toolchain/deno\necho /toolchain/denort\n";
  await Deno.writeTextFile(`${root}/toolchain/print.sh`, script, { mode: 0o755 });
}
