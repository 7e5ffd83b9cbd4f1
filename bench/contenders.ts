import { fileURLToPath } from "node:url";
import { bundle, compile, V8_FLAGS } from "../build/compile.ts";
import { findToolchain } from "../tests/kit/binary.ts";
import { freePort } from "../tests/kit/port.ts";
import { BuildError, run, say } from "../build/command.ts";
import type { ControlPlane } from "../tests/kit/control_plane.ts";
import { Measured } from "./process.ts";
import type { Destination } from "./receiver_process.ts";

/** A program that follows all pods as a service account and delivers them. */
export interface Contender {
  name: string;
  /** Whether it keeps what it knows, so that it need not send everything again when it starts. */
  keeps: boolean;
  /** @param state a folder that outlives it, for what it knows and what is pending */
  start(plane: ControlPlane, to: Destination, state: string): Measured;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Where the kubelet mounts a service account, and what signs: the contenders of this project run as in a pod. */
const IN_POD = `${ROOT}tests/kit/in_pod.sh`;
const SECRET = "a secret of at least 24 characters";

/** The program by the runtime, from its source. @param flags of the runtime */
export function interpreted(...flags: string[]): Contender {
  return ours("deno run", [Deno.execPath(), "run", "-q", "-P=cluster", V8_FLAGS, ...flags, `${ROOT}main.ts`]);
}

/**
 * The program as it is released, which is what the targets are about: compiled; or, where only another runtime can be
 * compiled with, the bundle that is compiled, by the pinned one. An older runtime needs a quarter more of the processor.
 *
 * @param folder where it is kept
 */
export async function released(folder: string): Promise<Released> {
  const { name, program } = await releasedProgram(folder);
  return { plain: ours(name, program), open: ours(`${name}, with ports`, program, true) };
}

/** The program that is released, and the same with both its ports open, of which Prometheus scrapes one. */
export interface Released {
  plain: Contender;
  open: Contender;
}

async function releasedProgram(folder: string): Promise<{ name: string; program: string[] }> {
  const binary = `${folder}/k8svent`;
  try {
    await compile({ permissions: "cluster", output: binary, commit: "", toolchain: findToolchain() });
    const [, runtime] = /deno (\S+)\)/.exec(await run(binary, ["--version"])) ?? [];
    if (runtime === Deno.version.deno) return { name: "compiled", program: [binary] };
    say(
      `What is compiled here has Deno ${runtime}, a release has ${Deno.version.deno}: deno run stands for it.`,
    );
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    say(`It cannot be compiled here, so deno run stands for that: ${error.message}`);
  }
  await bundle(`${folder}/bundle`, "");
  const flags = ["-q", `--config=${ROOT}deno.json`, "-P=cluster", "--no-code-cache", "--no-check", V8_FLAGS];
  const args = ["run", ...flags, `${folder}/bundle/main.js`];
  // The first run reads the bundle once more, to find its imports, in 50 MB and 0.1 s; what it found is kept.
  await run(Deno.execPath(), [...args, "--version"]);
  return { name: "bundle", program: [Deno.execPath(), ...args] };
}

/** Milliseconds between two scrapes: as often as anybody configures. */
const SCRAPE_EVERY = 10_000;

function ours(name: string, program: string[], hasPorts = false): Contender {
  return {
    name,
    keeps: true,
    start(plane, to, state): Measured {
      const { hostname, port } = new URL(plane.server);
      const [probes, admin] = hasPorts ? [freePort(), freePort()] : [];
      const child = new Deno.Command("unshare", {
        args: [
          "--mount",
          IN_POD,
          plane.serviceAccount,
          SECRET,
          "0",
          "",
          ...program,
          ...urlFlags("--url", to),
        ],
        env: {
          ...to.authority !== undefined && { DENO_CERT: to.authority },
          KUBERNETES_SERVICE_HOST: hostname,
          KUBERNETES_SERVICE_PORT: port,
          K8SVENT_STATE: "/var/lib/k8svent/state.db",
          K8SVENT_WEBHOOK_SECRET_FILE: "/var/run/secrets/k8svent/secret",
          K8SVENT_INTERVAL: "0",
          ...hasPorts && {
            K8SVENT_LISTEN: `127.0.0.1:${probes}`,
            K8SVENT_ADMIN_LISTEN: `127.0.0.1:${admin}`,
          },
          STATE_FOLDER: state,
        },
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      const scraping = hasPorts ? setInterval(() => void scrape(probes), SCRAPE_EVERY) : undefined;
      return new Measured(child, () => clearInterval(scraping));
    },
  };
}

async function scrape(port: number | undefined): Promise<void> {
  try {
    await (await fetch(`http://127.0.0.1:${port}/metrics`)).bytes();
  } catch {
    // It has not begun to listen, or is about to end.
  }
}

/** The Go program, or the word why it cannot be had here. */
export async function baseline(folder: string): Promise<Contender | string> {
  const program = `${folder}/baseline`;
  say("Building the Go program ...");
  try {
    await run("go", ["build", "-C", `${ROOT}bench/baseline`, "-o", program, "."]);
  } catch (error) {
    return `The Go program is left out, so there is nothing to compare with: ${(error as Error).message}`;
  }
  return {
    name: "Go baseline",
    keeps: false,
    start(plane, to): Measured {
      const authority = to.authority === undefined ? [] : ["-ca", to.authority];
      const args = [
        "-server",
        plane.server,
        "-account",
        plane.serviceAccount,
        ...urlFlags("-url", to),
        ...authority,
      ];
      return new Measured(
        new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).spawn(),
      );
    },
  };
}

function urlFlags(flag: string, { urls }: Destination): string[] {
  return urls.flatMap((url) => [flag, url]);
}
