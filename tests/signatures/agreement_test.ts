import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { sign as octokitSign, verify as octokitVerify } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
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

/** Deliveries, right and wrong, and the secret by which they are judged. */
function deliveries(): [headers: Record<string, string>, secret: string, body: string][] {
  const made: [Record<string, string>, string, string][] = WRONG.map((
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

Deno.test("verify agrees with the standardwebhooks of npm", () => {
  for (const [headers, secret, body] of deliveries()) {
    if (headers["webhook-signature"] === undefined) continue;
    const webhook = secret.startsWith("whsec_")
      ? new Webhook(secret)
      : new Webhook(secret, { format: "raw" });
    let theirs = true;
    try {
      atTime(NOW, () => webhook.verify(body, headers));
    } catch (error) {
      // The signature held, and what was signed is no JSON.
      theirs = error instanceof SyntaxError;
    }
    const ours = holds("standard", headers, secret, body);
    assert.equal(ours, theirs, JSON.stringify(headers));
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

testNeeding(lacksPython, "verify agrees with the standardwebhooks of PyPI", async () => {
  const judged = deliveries().filter(([headers]) => headers["webhook-signature"] !== undefined);
  const lines = judged.map(([headers, secret, body]) => {
    const key = secret.startsWith("whsec_") ? secret.slice(6) : Buffer.from(secret).toString("base64");
    return JSON.stringify([headers, key, body]);
  });
  const theirs = (await run("python3", ["-c", PYTHON], { stdin: lines.join("\n") })).trim().split("\n");
  const ours = judged.map(([headers, secret, body]) =>
    holds("standard", headers, secret, body) ? "holds" : "fails"
  );
  assert.deepEqual(ours, theirs);
});
