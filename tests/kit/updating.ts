import assert from "node:assert/strict";
import type { ControlPlane } from "./control_plane.ts";
import { createOwnPod, install, type Installation, type OwnPod } from "./installation.ts";
import { startProgram } from "./program.ts";
import type { Pushed, TestRegistry } from "./registry.ts";
import type { RegistryProxy } from "./registry_proxy.ts";
import { basic, PASSWORD, USER } from "./token_server.ts";

const { version } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));

/** The version that runs. */
export const RUNNING: string = version;

/** A release above it. */
export const NEWER = `${Number(RUNNING.split(".")[0]) + 1}.0.0`;

/** A release below it, and one between the two. */
export const OLDER = "0.0.1";
export const BETWEEN = `${RUNNING.replace(/\d+$/, (patch) => `${Number(patch) + 1}`)}`;

/** What the cases share: a control plane and registries, which take longer to start than a case. */
export interface Stage {
  plane: ControlPlane;
  /** Its `latest` and `next` name a newer release. */
  registry: TestRegistry;
  /** The same, for whoever has the password. */
  guarded: TestRegistry;
  /** Stands before `registry`. */
  proxy: RegistryProxy;
  /** The image of the version that runs. */
  old: Pushed;
  folder: string;
}

/** One run of the program beside its own pod; by default the newer release has come since it started. */
export interface Setting extends Omit<OwnPod, "digest"> {
  digest?: string;
  args?: string[];
  /** Without `--state`, where true. */
  forgets?: boolean;
}

/** Starts it as if in the pod that the setting describes. */
export async function installInPod(stage: Stage, setting: Setting): Promise<Installation> {
  const { args = [], forgets = false, ...own } = setting;
  const env = await createOwnPod(stage.plane, { digest: stage.old.manifest, ...own });
  const state = forgets ? [] : ["--state", `${stage.folder}/${env["POD_NAME"]}.db`];
  return await installBeside(stage, env, ["--insecure-registry", own.host, ...state, ...args]);
}

/** Starts it with an administrator's kubeconfig: what its own account may do is a test of its own. */
export async function installBeside(
  { plane }: Stage,
  env: Record<string, string>,
  args: string[],
): Promise<Installation> {
  const common = ["--kubeconfig", plane.kubeconfig, "-n", "default"];
  return await install((url) => startProgram({ args: [...common, "--url", `a=${url}`, ...args], env }));
}

/** What the program says of its first look. */
export async function decides({ program }: Installation, line: RegExp): Promise<void> {
  assert.match(await program.until(/Update: /), line);
}

/** It delivers a change that comes now, and ends only when it is asked to. */
export async function goesOn({ plane }: Stage, { program, receiver }: Installation): Promise<void> {
  await receiver.until(() => receiver.state.pods.size === 3, "the pods");
  const before = receiver.about("web-0").length;
  await plane.kubectl(["label", "--overwrite", "pod", "web-0", `changed=${crypto.randomUUID()}`]);
  await receiver.until(() => receiver.about("web-0").length > before, "a change after the decision");
  const asked = performance.now();
  assert.equal(await program.stop(), 0);
  assert.ok(performance.now() - asked < 10_000, "nothing that the registry does holds up the end");
}

/** It stays in its pod, for this reason, and goes on. */
export async function stays(stage: Stage, setting: Setting, reason: RegExp): Promise<void> {
  await using running = await installInPod(stage, setting);
  await decides(running, new RegExp(`Update: stays: .*${reason.source}`));
  await goesOn(stage, running);
}

/** The program ends by itself, for this reason, with everything delivered. */
export async function leaves(running: Installation, reason: RegExp): Promise<void> {
  const { program, receiver } = running;
  assert.equal(await program.ended, 0, program.lines.join("\n"));
  await decides(running, new RegExp(`Update: leaves: .*${reason.source}`));
  assert.equal(receiver.state.pods.size, 3, "all that was pending has been delivered");
  assert.ok(!program.lines.some((line) => /messages? (is|are) pending for endpoint/.test(line)));
}

/** It leaves the pod that the setting describes, for this reason. */
export async function leavesPod(stage: Stage, setting: Setting, reason: RegExp): Promise<void> {
  await using running = await installInPod(stage, setting);
  await leaves(running, reason);
}

/** A docker config.json with the user's password for one registry. Gives the flag. */
export async function registryConfig({ folder }: Stage, host: string): Promise<string[]> {
  const file = `${folder}/config-${host}.json`;
  const auth = basic(USER, PASSWORD).replace("Basic ", "");
  await Deno.writeTextFile(file, JSON.stringify({ auths: { [host]: { auth } } }));
  return ["--registry-config", file];
}
