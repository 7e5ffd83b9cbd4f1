import assert from "node:assert/strict";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { lacksProgram } from "../kit/needing.ts";
import { type Block, blocksOf, readPage } from "../kit/pages.ts";
import { freePort } from "../kit/port.ts";
import { Folder, Sending } from "../kit/sending.ts";

/*
 * A projected service account token, as the TokenRequest API of a real control plane signs it, sent to the receivers of
 * docs/authentication.md, which check it against the cluster's issuer and its keys.
 */

const PAGE = await readPage("docs/authentication.md");
const AUDIENCE = "https://hooks.example.com";
const SUBJECT = "system:serviceaccount:k8svent:k8svent";

/** A receiver of the page, as a process of its own. */
class PageReceiver implements AsyncDisposable {
  private constructor(readonly url: string, readonly folder: Folder, readonly child: Deno.ChildProcess) {}

  static async start(plane: ControlPlane, [program, file]: [string, string]): Promise<PageReceiver> {
    const code = blocksOf(PAGE).find(({ language }: Block) => language === LANGUAGES[program]);
    const folder = await Folder.make();
    await folder.write(file, code?.text ?? "");
    await folder.write("jwks.json", await plane.kubectl(["get", "--raw", "/openid/v1/jwks"]));
    const { issuer } = JSON.parse(await plane.kubectl(["get", "--raw", "/.well-known/openid-configuration"]));
    const port = freePort();
    const child = new Deno.Command(program, {
      args: [file],
      cwd: folder.path,
      env: { ISSUER: issuer, AUDIENCE, SUBJECT, PORT: String(port) },
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    assert.match(new TextDecoder().decode(value), /^Listening/);
    reader.releaseLock();
    return new PageReceiver(`http://127.0.0.1:${port}/`, folder, child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.status;
    await this.child.stdout.cancel();
    await this.folder[Symbol.asyncDispose]();
  }
}

const LANGUAGES: Record<string, string> = { node: "js", python3: "python" };

async function prepare(plane: ControlPlane): Promise<void> {
  await plane.kubectl(["create", "namespace", "k8svent"]);
  for (const name of ["k8svent", "other"]) {
    await plane.kubectl(["create", "serviceaccount", name, "-n", "k8svent"]);
  }
}

async function tokenOf(plane: ControlPlane, account: string, audience: string): Promise<string> {
  const args = ["create", "token", account, "-n", "k8svent", `--audience=${audience}`, "--duration=10m"];
  return (await plane.kubectl(args)).trim();
}

/** What must not be taken, by what is wrong with it. */
async function forgeries(plane: ControlPlane, good: string): Promise<Record<string, string>> {
  const [head = "", claims = "", signature = ""] = good.split(".");
  const encoded = (value: unknown): string =>
    new TextEncoder().encode(JSON.stringify(value)).toBase64({ alphabet: "base64url", omitPadding: true });
  const changed = encoded({
    ...JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(claims, { alphabet: "base64url" }))),
    exp: 4_102_444_800,
  });
  return {
    "another audience": await tokenOf(plane, "k8svent", "https://other.example.com"),
    "another account": await tokenOf(plane, "other", AUDIENCE),
    "other claims": `${head}.${changed}.${signature}`,
    "no algorithm": `${encoded({ alg: "none" })}.${claims}.`,
    "an algorithm of its own": `${encoded({ alg: "HS256" })}.${claims}.${signature}`,
    "no token": "x",
  };
}

async function check(plane: ControlPlane, way: [string, string]): Promise<void> {
  await using receiver = await PageReceiver.start(plane, way);
  const good = await tokenOf(plane, "k8svent", AUDIENCE);
  for (const [what, token] of Object.entries(await forgeries(plane, good))) {
    const headers = { authorization: `Bearer ${token}` };
    const { status, body } = await fetch(receiver.url, { method: "POST", headers, body: "{}" });
    await body?.cancel();
    assert.equal(status, 401, what);
  }
  await using files = await Folder.make();
  // What the kubelet writes while the audience is wrong, and when it has been corrected.
  const credentialsFile = await files.write(
    "token",
    await tokenOf(plane, "k8svent", "https://other.example.com"),
  );
  const auth = { kind: "authorization", type: "Bearer", credentialsFile } as const;
  await using sending = new Sending({ auth }, receiver.url);
  sending.add(3);
  assert.match(await sending.says(/status 401/), /^Endpoint ops/);
  await files.write("token", good);
  await sending.until(() => sending.pending === 0, "all is accepted");
  await files.write("token", await tokenOf(plane, "k8svent", AUDIENCE));
  await sending.deliver(3);
  assert.doesNotMatch(JSON.stringify(sending.log.lines), /eyJ/);
}

clusterTest(
  "a projected token of a real control plane is taken by the receivers of docs/authentication.md, and no other",
  async (context) => {
    await using plane = await startControlPlane();
    await prepare(plane);
    await context.step("Node.js", () => check(plane, ["node", "receiver.mjs"]));
    await context.step("Python", () => check(plane, ["python3", "receiver.py"]));
  },
  await lacksProgram("node", ["--version"], "there is no Node.js.") ??
    await lacksProgram("python3", ["-c", "import jwt, cryptography"], "python3 with PyJWT is not installed."),
);
