import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { sign as octokitSign, verify as octokitVerify } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import { Signer } from "../../src/delivery/sign.ts";
import { verify } from "../../src/delivery/verify.ts";
import type { Scheme } from "../../src/route/endpoint_settings.ts";
import { run } from "../kit/command.ts";
import { lacksProgram, testNeeding } from "../kit/needing.ts";
import { BODY, bytes, ENCODED, HEX, NOW, PLAIN, SECONDS, signed, WRONG } from "../kit/wrong_signatures.ts";

/* `verify` takes what the libraries take that receivers use, and refuses what they refuse. */

function holds(scheme: Scheme, headers: Record<string, string>, secret: string, body: string): boolean {
  const received = { headers: new Map(Object.entries(headers)), body: bytes(body) };
  return verify(received, [secret], { now: NOW }).some((verdict) =>
    verdict.scheme === scheme && verdict.holds
  );
}

type Delivery = [headers: Record<string, string>, secret: string, body: string];

/** Deliveries, right and wrong, and the secret by which they are judged. */
function deliveries(): Delivery[] {
  const made: Delivery[] = WRONG.map((
    [, headers, secret],
  ) => [headers, secret, BODY]);
  for (const secret of [PLAIN, ENCODED, HEX]) {
    for (const age of [0, 299, 300, 301, 4_000, -299, -300, -301]) {
      made.push([signed([secret], BODY, SECONDS - age), secret, BODY]);
    }
    made.push([signed([HEX, secret]), secret, BODY], [signed([secret]), secret, "{}"], [
      signed([secret]),
      secret,
      "ü",
    ]);
  }
  return made;
}

/** What a library judges by is the clock of the machine. */
function atTime<T>(now: number, run: () => T): T {
  const { now: real } = Date;
  Date.now = (): number => now;
  try {
    return run();
  } finally {
    Date.now = real;
  }
}

/** What npm's library says of a delivery. */
function holdsForNpm([headers, secret, body]: Delivery): boolean {
  const webhook = secret.startsWith("whsec_") ? new Webhook(secret) : new Webhook(secret, { format: "raw" });
  try {
    atTime(NOW, () => webhook.verify(body, headers));
    return true;
  } catch (error) {
    // The signature held, and what was signed is no JSON.
    return error instanceof SyntaxError;
  }
}

Deno.test("verify agrees with the standardwebhooks of npm", () => {
  for (const delivery of deliveries()) {
    const [headers, secret, body] = delivery;
    if (headers["webhook-signature"] === undefined) continue;
    assert.equal(holds("standard", headers, secret, body), holdsForNpm(delivery), JSON.stringify(headers));
  }
});

Deno.test("verify agrees with GitHub's own library", async () => {
  for (const [headers, secret, body] of deliveries()) {
    const value = headers["x-hub-signature-256"];
    if (value === undefined) continue;
    const ours = holds("github", headers, secret, body);
    assert.equal(ours, await octokitVerify(secret, body, value), value);
  }
});

Deno.test("verify takes what the libraries of npm sign, and not by another secret", async () => {
  for (const secret of [PLAIN, ENCODED, HEX]) {
    const webhook = secret === ENCODED ? new Webhook(secret) : new Webhook(secret, { format: "raw" });
    const standard = {
      "webhook-id": "pod_a",
      "webhook-timestamp": String(SECONDS),
      "webhook-signature": webhook.sign("pod_a", new Date(NOW), BODY),
    };
    const github = { "x-hub-signature-256": await octokitSign(secret, BODY) };
    const other = "another plain secret of some length";
    assert.deepEqual(
      [holds("standard", standard, secret, BODY), holds("github", github, secret, BODY)],
      [true, true],
    );
    assert.deepEqual(
      [holds("standard", standard, other, BODY), holds("github", github, other, BODY)],
      [false, false],
    );
  }
});

/** A delivery a line, as [headers, key in base64, body]; a verdict a line. */
const PYTHON = `
import base64, datetime, json, sys
import standardwebhooks.webhooks as library
class Now(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(${NOW / 1000}, tz)
library.datetime = Now
for line in sys.stdin:
    headers, key, body = json.loads(line)
    try:
        library.Webhook("whsec_" + key).verify(body, headers)
        print("holds")
    except json.JSONDecodeError:
        print("holds")
    except Exception:
        print("fails")
`;

const lacksPython = await lacksProgram(
  "python3",
  ["-c", "import standardwebhooks"],
  "python3 with the package standardwebhooks is not installed.",
);

/** What PyPI's library says of deliveries. */
async function holdForPyPI(judged: readonly Delivery[]): Promise<boolean[]> {
  const lines = judged.map(([headers, secret, body]) => {
    const key = secret.startsWith("whsec_") ? secret.slice(6) : Buffer.from(secret).toString("base64");
    return JSON.stringify([headers, key, body]);
  });
  const said = await run("python3", ["-c", PYTHON], { stdin: lines.join("\n") });
  return said.trim().split("\n").map((line) => line === "holds");
}

testNeeding(lacksPython, "verify agrees with the standardwebhooks of PyPI", async () => {
  const judged = deliveries().filter(([headers]) => headers["webhook-signature"] !== undefined);
  const ours = judged.map(([headers, secret, body]) => holds("standard", headers, secret, body));
  assert.deepEqual(ours, await holdForPyPI(judged));
});

/** Headers as other senders, proxies and people write them. */
function oddHeaders(secret: string): Record<string, string>[] {
  const right = signed([secret]);
  const [T, token = ""] = [String(SECONDS), right["webhook-signature"]];
  const digest = token.slice(3);
  const other = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  const times = [
    ...[`+${T}`, `0${T}`, `000${T}`, `${T}.0`, `${T}.5`, `${T}.`, ` ${T}`, `${T} `, `-${T}`, `${T}000`],
    ...[
      "",
      " ",
      "now",
      `0x${SECONDS.toString(16)}`,
      `${T},${T}`,
      `${T}, ${T}`,
      "9".repeat(20),
      "NaN",
      "Infinity",
    ],
  ];
  const tokens = [
    ...[`${token} ${other}`, `${other} ${token}`, `${token} v1a,abc`, `v1a,abc ${token}`, `v2,abc ${token}`],
    ...[
      `${token} ${token}`,
      `${token}\t${other}`,
      `V1,${digest}`,
      digest,
      `v1,${digest.slice(0, -1)}`,
      `v1, ${digest}`,
    ],
    ...[
      `v1,${digest.replaceAll("+", "-").replaceAll("/", "_")}-`,
      `v1,${digest.toUpperCase()}`,
      `v1,${digest.toLowerCase()}`,
    ],
    ...[
      `"${token}"`,
      `v1=${digest}`,
      "v1",
      "v1,",
      ",",
      "abc",
      `sha256=${digest}`,
      `${token}x`.replace("=x", "x="),
    ],
  ];
  return [
    ...times.map((time) => ({ ...right, "webhook-timestamp": time })),
    // Signed as it stands there, and not as a number.
    ...times.map((time) => {
      const signature = createHmac("sha256", secret).update(`pod_a.${time}.${BODY}`).digest("base64");
      return { ...right, "webhook-timestamp": time, "webhook-signature": `v1,${signature}` };
    }),
    ...tokens.map((text) => ({ ...right, "webhook-signature": text })),
    ...["", "pod_b", "POD_A", "pod_a, pod_a"].map((id) => ({ ...right, "webhook-id": id })),
  ];
}

testNeeding(
  lacksPython,
  "verify agrees with both libraries wherever they agree with each other",
  async () => {
    const judged: Delivery[] = oddHeaders(PLAIN).map((headers) => [headers, PLAIN, BODY]);
    for (const body of ["", "no JSON", "\u2028\0 \u{1F980}", "\uFEFF{}", "{}\r\n"]) {
      judged.push([signed([ENCODED], body), ENCODED, body]);
    }
    const ofPyPI = await holdForPyPI(judged);
    let both = 0;
    for (const [index, delivery] of judged.entries()) {
      const theirs = holdsForNpm(delivery);
      if (theirs !== ofPyPI[index]) continue;
      both++;
      const [headers, secret, body] = delivery;
      assert.equal(holds("standard", headers, secret, body), theirs, JSON.stringify([headers, body]));
    }
    assert.ok(both > judged.length * 0.8, `${both} of ${judged.length}`);
  },
);

Deno.test("verify agrees with GitHub's own library on what only looks like its signature", async () => {
  const right = signed([PLAIN])["x-hub-signature-256"] ?? "";
  const digest = right.slice("sha256=".length);
  const bodies = [
    ...[
      right,
      `${right} `,
      `${right}\n`,
      `${right}0`,
      right.slice(0, -2),
      `${right}, ${right}`,
      `${right},${right}`,
    ],
    ...[
      `SHA256=${digest}`,
      `sha256:${digest}`,
      `sha256= ${digest}`,
      `sha256=${digest.toUpperCase()}`,
      digest,
    ],
    ...[`sha512=${digest}`, `sha256=${Buffer.from(digest, "hex").toString("base64")}`, "sha256=", "ü"],
  ];
  for (const text of bodies) {
    const ours = holds("github", { "x-hub-signature-256": text }, PLAIN, BODY);
    assert.equal(ours, await octokitVerify(PLAIN, BODY, text), text);
  }
});

Deno.test("of a body that is no UTF-8, which the libraries cannot read, the bytes are what was signed", () => {
  const body = new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]);
  const headers = new Map(
    Object.entries(new Signer().sign({ id: "pod_a", body, content: "a" }, SECONDS, [PLAIN])),
  );
  headers.set("webhook-id", "pod_a");
  assert.deepEqual(verify({ headers, body }, [PLAIN], { now: NOW }).map((verdict) => verdict.holds), [
    true,
    true,
    true,
  ]);
});
