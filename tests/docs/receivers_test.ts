import assert from "node:assert/strict";
import { connect } from "node:net";
import { Signer } from "../../src/delivery/sign.ts";
import { run } from "../kit/command.ts";
import { testNeeding } from "../kit/needing.ts";
import { blocksOf, commandsOf, readPage } from "../kit/pages.ts";
import { freePort } from "../kit/port.ts";
import { Until } from "../kit/until.ts";

/*
 * The receivers of docs/receivers.md, cut out of the page, started by the command that stands below each of them, and
 * held to what the page says of them: what the program signs is taken, and nothing else is.
 */

const PAGE = await readPage("docs/receivers.md");
const SECRET = "a secret of at least 24 characters";
const WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const EMPTY = "SECRET is empty: set it to the secret that k8svent signs with.";

/** What the page says is printed, in a block without a language. */
const SHOWN = blocksOf(PAGE).find(({ language }) => language === "")?.text.split("\n") ?? [];

const LANGUAGES = [
  { language: "js", file: "receiver.mjs", program: "node", seesPods: true },
  { language: "python", file: "receiver.py", program: "python3", seesPods: true },
  { language: "go", file: "receiver.go", program: "go", seesPods: true },
  { language: "java", file: "Receiver.java", program: "java", seesPods: false },
];

const POD = utf8(
  JSON.stringify({ pod: { metadata: { namespace: "shop", name: "web-0" }, status: { phase: "Running" } } }),
);
const NOTICE = utf8(
  '{"type":"k8svent.inventory","inventory":"x","page":1,"pages":1,"resourceVersion":"1","pods":[]}',
);

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

for (const { language, file, program, seesPods } of LANGUAGES) {
  testNeeding(
    lacks(program),
    `the receiver in ${language} takes what is signed and nothing else`,
    async () => {
      await using receiver = await startReceiver(language, file, SECRET);
      const change = message(POD, { "k8svent-event": "pod.changed", "k8svent-reason": "phase,ready" });
      assert.equal(await receiver.post(change), 204);
      assert.equal(
        await receiver.post(message(POD, {}, { secrets: ["another secret of 24 letters", SECRET] })),
        204,
      );
      for (const [why, forged] of Object.entries(forgeries(change))) {
        assert.equal(await receiver.post(forged), 401, why);
      }
      // An age that is still allowed, and a notice.
      assert.equal(await receiver.post(message(POD, {}, { age: 250 })), 204);
      assert.equal(await receiver.post(message(NOTICE, { "k8svent-event": "k8svent.inventory" })), 204);
      // A thread for each request: it may print only when the next one has been answered.
      for (const line of [/^pod\.changed phase,ready/, /^k8svent\.inventory/]) await receiver.until(line);
      await receiver.breakOff();
      assert.equal(
        await receiver.post(message(POD, { "k8svent-event": "pod.deleted", "k8svent-reason": "deleted" })),
        204,
      );
      await receiver.until(/pod\.deleted/);
      assert.equal(receiver.lines[0], `Listening on http://localhost:${receiver.port}/`);
      const shown = `pod.changed phase,ready${seesPods ? " shop/web-0 Running" : ""}`;
      assert(receiver.lines.includes(shown), receiver.lines.join("\n"));
      assert(receiver.lines.includes("k8svent.inventory"), receiver.lines.join("\n"));
      assert.match(receiver.lines.at(-1) ?? "", /^pod\.deleted deleted/);
      if (seesPods) assert(SHOWN.includes(shown), "the page shows what is printed");
    },
  );

  testNeeding(lacks(program), `the receiver in ${language} knows whsec_ secrets`, async () => {
    await using receiver = await startReceiver(language, file, `${WHSEC}\n`);
    assert.equal(await receiver.post(message(POD, {}, { secrets: [WHSEC] })), 204);
    assert.equal(await receiver.post(message(POD, {}, { secrets: [SECRET] })), 401);
  });

  testNeeding(lacks(program), `the receiver in ${language} does not start without a secret`, async () => {
    for (const secret of ["", " ", "whsec_"]) {
      await using receiver = await startReceiver(language, file, secret);
      assert.deepEqual([secret, await receiver.ended !== 0], [secret, true]);
      assert.deepEqual(receiver.lines, []);
      assert.match(receiver.stderr, new RegExp(`^${EMPTY}$`, "m"));
    }
  });
}

testNeeding(lacks("python3"), "what the page says of versions and inventories is so", async () => {
  const functions = blocksOf(PAGE).filter(({ language, text }) =>
    language === "python" && text.startsWith("def ")
  );
  assert.equal(functions.length, 2);
  const checks = `
state = {}
assert applies(state, "a", 0, False, "9")
assert applies(state, "a", 0, False, "10"), "10 is above 9"
assert not applies(state, "a", 0, False, "9")
assert applies(state, "a", 0, False, "10"), "a reminder has the version that is known"
assert applies(state, "a", 0, True, "10"), "an end that was inferred has the version that is known"
assert not applies(state, "a", 0, False, "11"), "the end is final"
assert applies(state, "a", 1, False, "3"), "but for a restored cluster"
assert applies(state, "a", 1, False, "123456789012345678901234567890")
held = {"kept": "3", "newer": "12", "gone": "9"}
forget_missing(held, [{"resourceVersion": "10", "pods": [{"uid": "kept", "resourceVersion": "3"}]},
                      {"resourceVersion": "10", "pods": []}])
assert held == {"kept": "3", "newer": "12"}, held
`;
  await run("python3", ["-"], {
    env: inherited(),
    stdin: functions.map(({ text }) => text).join("\n") + checks,
  });
});

interface Message {
  body: Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
}

/** Signed as the program signs. @param age seconds since the attempt */
function message(
  body: Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
  { secrets = [SECRET], age = 0 } = {},
): Message {
  const seconds = Math.floor(Date.now() / 1000) - age;
  const signed = new Signer().sign({ id: "pod_1", body, content: String(body.length) }, seconds, secrets);
  return { body, headers: { "webhook-id": "pod_1", "k8svent-event": "pod.changed", ...headers, ...signed } };
}

/** What must not be taken, by what is wrong with it. */
function forgeries({ body, headers }: Message): Record<string, Message> {
  const without = (name: string): Record<string, string> =>
    Object.fromEntries(Object.entries(headers).filter(([one]) => one !== name));
  return {
    "another id": { body, headers: { ...headers, "webhook-id": "pod_2" } },
    "another body": { body: utf8("{}"), headers },
    "no body": { body: utf8(""), headers },
    "too old": message(body, {}, { age: 330 }),
    "of the future": message(body, {}, { age: -330 }),
    "another time": {
      body,
      headers: { ...headers, "webhook-timestamp": String(Math.floor(Date.now() / 1000) + 1) },
    },
    "no number": { body, headers: { ...headers, "webhook-timestamp": "now" } },
    "a number without end": { body, headers: { ...headers, "webhook-timestamp": "9".repeat(5000) } },
    "another secret": message(body, {}, { secrets: ["another secret of 24 letters"] }),
    "no time": { body, headers: without("webhook-timestamp") },
    "no id": { body, headers: without("webhook-id") },
    "no signature": { body, headers: without("webhook-signature") },
    "an empty signature": { body, headers: { ...headers, "webhook-signature": "" } },
    "a signature of letters that are none": { body, headers: { ...headers, "webhook-signature": "v1,é² x" } },
    "another version": {
      body,
      headers: { ...headers, "webhook-signature": headers["webhook-signature"]?.replace("v1,", "v2,") ?? "" },
    },
    "nothing": { body, headers: {} },
  };
}

/** A receiver of the page as a process, started by the page's own command. */
class ReceiverProcess implements AsyncDisposable {
  readonly lines: string[] = [];
  stderr = "";
  readonly ended: Promise<number>;
  readonly #child: Deno.ChildProcess;
  readonly #until = new Until(() => `${this.lines.join("\n")}\n${this.stderr}`);
  #isRunning = true;

  constructor(child: Deno.ChildProcess, readonly folder: string, readonly port: number) {
    this.#child = child;
    this.ended = this.#attend();
  }

  async until(pattern: RegExp): Promise<void> {
    const isThere = (): boolean => this.lines.some((line) => pattern.test(line));
    await this.#until.wait(() => isThere() || !this.#isRunning, String(pattern), 60_000);
  }

  async post({ body, headers }: Message): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.port}/`, {
      method: "POST",
      body: new Blob([body]),
      // As the bytes of UTF-8, which is what arrives of a name with an accent.
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, String.fromCharCode(...utf8(value))]),
      ),
    });
    await response.body?.cancel();
    return response.status;
  }

  /** A request that ends in the middle of its body. */
  async breakOff(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const socket = connect(this.port, "127.0.0.1", () => {
        socket.write(
          "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{",
          () => socket.resetAndDestroy(),
        );
      });
      socket.once("error", reject);
      socket.once("close", () => resolve());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A shell started it, and `go run` starts another process: the whole group ends.
    if (this.#isRunning) Deno.kill(-this.#child.pid, "SIGKILL");
    await this.ended;
    await Deno.remove(this.folder, { recursive: true });
  }

  async #attend(): Promise<number> {
    const [{ code }] = await Promise.all([
      this.#child.status,
      this.#read(this.#child.stdout, (lines) => this.lines.push(...lines)),
      this.#read(this.#child.stderr, (lines) => this.stderr += lines.map((line) => `${line}\n`).join("")),
    ]);
    this.#isRunning = false;
    this.#until.look();
    return code;
  }

  async #read(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    take: (lines: string[]) => void,
  ): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      take(lines);
      this.#until.look();
    }
  }
}

/** Resolves when it listens, or has ended. */
async function startReceiver(language: string, file: string, secret: string): Promise<ReceiverProcess> {
  const [code] = blocksOf(PAGE).filter((block) => block.language === language);
  const command = commandsOf(PAGE).find((one) => one.endsWith(` ${file}`)) ?? "exit 9";
  const folder = await Deno.makeTempDir({ prefix: "k8svent-receiver-" });
  await Deno.writeTextFile(`${folder}/${file}`, code?.text ?? "");
  await Deno.writeTextFile(`${folder}/secret`, secret);
  const port = freePort();
  const child = new Deno.Command("sh", {
    args: ["-c", command],
    cwd: folder,
    clearEnv: true,
    env: { ...inherited(), PORT: String(port) },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  const receiver = new ReceiverProcess(child, folder, port);
  await receiver.until(/^Listening/);
  return receiver;
}

function inherited(): Record<string, string> {
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => name !== "SECRET"));
}

function lacks(program: string): string | undefined {
  const isThere = (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
  return isThere && Deno.build.os !== "windows" ? undefined : `${program} is not installed.`;
}
