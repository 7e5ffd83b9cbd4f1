import { createHmac, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";
import type { Scheme } from "../route/endpoint_settings.ts";
import { keyOf } from "../runtime/secret.ts";
import { counted, duration } from "../runtime/wording.ts";
import { mismatch, type Received } from "./mismatch.ts";
import { SCHEMES, SIGNATURE_HEADERS } from "./sign.ts";

/**
 * The receiver's side of `sign.ts`: which signatures of a delivery hold, as strictly as the libraries that receivers use,
 * and of one that fails, why. Of a header with several tokens each is judged, since one that holds is enough.
 */

/** Of one signature, or of one that cannot be judged because something is missing. */
export interface Verdict {
  scheme: Scheme;
  /** The header that it stands in. */
  header: string;
  /** Which of that header's signatures, from 1. */
  number: number;
  holds: boolean;
  /** The secret that made it, from 1 as they stand in the file: it is right, though it may be too old to hold. */
  secret?: number;
  /** For people: a clause without a full stop. Shows no secret and no signature. */
  why: string;
}

/** Milliseconds by which the time of a message may differ from ours: what Standard Webhooks' own libraries allow. */
export const TOLERANCE = 300_000;

/** The verdicts in the order of `SCHEMES`; empty where there is no signature. */
export function verify(
  given: Received,
  secrets: readonly string[],
  { now, tolerance = TOLERANCE }: { now: number; tolerance?: number },
): Verdict[] {
  const received = withPlainTime(given);
  const verdicts = SCHEMES.flatMap((scheme) => {
    const value = received.headers.get(SIGNATURE_HEADERS[scheme]);
    if (value === undefined) return [];
    if (scheme === "standard") return standard(value, received, secrets, { now, tolerance });
    return [judged(scheme, 1, value, received, secrets)];
  });
  return verdicts.map((verdict) => explained(verdict, verdicts, secrets));
}

/** The libraries read the time as a number, and compute with that: of `+1795750849`, too, what is signed is `1795750849`. */
function withPlainTime({ headers, body }: Received): Received {
  const [, number] = /^\s*(?:\+?0*)(\d{1,15})(?:\.\d*)?\s*$/.exec(headers.get(TIME) ?? "") ?? [];
  return { headers: number === undefined ? headers : new Map([...headers, [TIME, number]]), body };
}

const TIME = "webhook-timestamp";

function standard(
  value: string,
  received: Received,
  secrets: readonly string[],
  time: { now: number; tolerance: number },
): Verdict[] {
  const missing = ["webhook-id", TIME].filter((name) => !received.headers.get(name));
  const tokens = value.split(" ").filter(Boolean);
  if (missing.length > 0) {
    const subject = missing.length === 1 ? "header" : "headers";
    return [
      failed(
        "standard",
        1,
        `the ${subject} ${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} missing`,
      ),
    ];
  }
  if (tokens.length === 0) return [failed("standard", 1, "the header is empty")];
  const late = timeFault(received.headers.get(TIME) ?? "", time);
  return tokens.map((token, index) => {
    const verdict = judged("standard", index + 1, token, received, secrets);
    if (!verdict.holds || late === undefined) return verdict;
    return { ...verdict, holds: false, why: `the signature is right, but ${late}` };
  });
}

/** Why a message of this time is not taken now; undefined: it is. */
function timeFault(text: string, { now, tolerance }: { now: number; tolerance: number }): string | undefined {
  if (!/^\d{1,15}$/.test(text)) return "webhook-timestamp is not a whole number of seconds";
  // Whole seconds, as the libraries compare them.
  const age = Math.floor(now / 1000) * 1000 - Number(text) * 1000;
  if (Math.abs(age) <= tolerance) return undefined;
  if (/^\d{13}$/.test(text)) return "webhook-timestamp counts milliseconds, and is to count seconds";
  return age > 0
    ? `it was signed ${duration(age)} ago, more than ${
      duration(tolerance)
    }: it is an old delivery, or a clock is wrong`
    : `it was signed ${duration(-age)} in the future: the clock of the sender or of this machine is wrong`;
}

function judged(
  scheme: Scheme,
  number: number,
  text: string,
  received: Received,
  secrets: readonly string[],
): Verdict {
  const at = secrets.findIndex((secret) => same(text, expected(scheme, secret, received)));
  if (at < 0) return failed(scheme, number, mismatch(scheme, text, received, secrets) ?? "");
  return {
    scheme,
    header: SIGNATURE_HEADERS[scheme],
    number,
    holds: true,
    secret: at + 1,
    why: secrets.length === 1
      ? "by the secret"
      : `by secret ${at + 1} of the ${counted(secrets.length, "secret")}`,
  };
}

function failed(scheme: Scheme, number: number, why: string): Verdict {
  return { scheme, header: SIGNATURE_HEADERS[scheme], number, holds: false, why };
}

function expected(scheme: Scheme, secret: string, { headers, body }: Received): string {
  if (scheme === "github") return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  if (scheme === "atomist") return `sha1=${createHmac("sha1", secret).update(body).digest("hex")}`;
  const start = `${headers.get("webhook-id")}.${headers.get(TIME)}.`;
  return `v1,${createHmac("sha256", keyOf(secret)).update(start).update(body).digest("base64")}`;
}

function same(text: string, right: string): boolean {
  const [one, other] = [Buffer.from(text), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Where nothing explains a failure by itself, the other signatures may: one that is right shows that the body is. */
function explained(verdict: Verdict, verdicts: readonly Verdict[], secrets: readonly string[]): Verdict {
  if (verdict.why !== "") return verdict;
  const right = verdicts.find(({ secret }) => secret !== undefined)?.header;
  return { ...verdict, why: right === undefined ? unexplained(secrets) : besides(right, verdict) };
}

function unexplained({ length }: readonly string[]): string {
  return `${
    length === 1 ? "the secret does not make" : `none of the ${length} secrets makes`
  } it for this body: the sender has another one, or the body was changed (parsed and written anew, for one)`;
}

/** @param right the header of a signature that is right */
function besides(right: string, { header, scheme }: Verdict): string {
  if (right === header) return "it is by a secret that is not in the file, as in the middle of a rotation";
  if (scheme !== "standard") {
    return `the body is right, as ${right} shows: it was made with another secret (this scheme uses the first alone)`;
  }
  return `the body is right, as ${right} shows: webhook-id or webhook-timestamp is another than was signed, or it was ` +
    "made with another secret";
}
