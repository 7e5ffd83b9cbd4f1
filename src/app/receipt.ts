import type { Reply } from "../admin/answer.ts";
import type { Head } from "../admin/request.ts";
import type { Verdict } from "../delivery/verify.ts";
import type { Ran } from "../runtime/child.ts";
import { parseExact } from "../pod/json.ts";
import { printable, printableJson } from "../runtime/printable.ts";
import { size } from "../runtime/wording.ts";

/** What came to `k8svent receive`, and what came of it, as it is printed. */
export interface Receipt {
  /** From 1. */
  number: number;
  /** Milliseconds since the Unix epoch. */
  at: number;
  head: Head;
  body: Uint8Array;
  signatures: readonly Verdict[];
  /** Undefined: there is no secret to verify with. */
  isVerified: boolean | undefined;
  reply: Reply;
  /** What came of the command, where one was asked for. */
  ran: Ran | undefined;
}

/**
 * One line for a person: the time, the answer, the event, the pod, the reasons, the attempt, the size, what the signature
 * is worth. Somebody else wrote most of it, so it is made printable.
 */
export function lineOf({ at, head, body, signatures, isVerified, reply, ran }: Receipt): string {
  const { fields } = head;
  const attempt = fields.get("k8svent-attempt") ?? "1";
  const parts = [
    `${new Date(at).toISOString().slice(11, 19)}Z`,
    reply === "hang up" ? "hangup" : String(reply.status),
    fields.get("k8svent-event") ?? head.path,
    podIn(body),
    fields.get("k8svent-reason") ?? "",
    attempt === "1" ? "" : `attempt ${attempt}`,
    size(body.length),
    worthOf(isVerified, signatures),
    ran === undefined ? "" : endOf(ran),
  ];
  return printable(parts.filter((part) => part !== "").join("  "), LONGEST);
}

/** Characters of a line: a reason that fails is a sentence. */
const LONGEST = 400;

/** The whole, as an object of JSON on one line. A body that is no JSON is text. */
export function jsonOf({ number, at, head, body, signatures, isVerified, reply, ran }: Receipt): string {
  const text = new TextDecoder().decode(body);
  return printableJson(JSON.stringify({
    number,
    time: new Date(at).toISOString(),
    path: head.path,
    headers: Object.fromEntries(head.fields),
    body: valueOf(text) ?? text,
    verified: isVerified ?? null,
    signatures,
    answer: reply === "hang up" ? null : { status: reply.status, headers: reply.headers ?? {} },
    ...ran !== undefined && { exec: ran },
  }));
}

function worthOf(isVerified: boolean | undefined, signatures: readonly Verdict[]): string {
  if (isVerified === undefined) return "not verified";
  if (isVerified) return "verified";
  if (signatures.length === 0) return "no signature";
  return signatures.map(({ header, why }) => `${header}: ${why}`).join("; ");
}

function endOf(ran: Ran): string {
  switch (ran.kind) {
    case "ended":
      return `command ended with ${ran.code}`;
    case "killed":
      return "command took too long";
    case "not started":
      return `command ${ran.why}`;
  }
}

/** `shop/web-0`; empty where the body is not about a pod. */
function podIn(body: Uint8Array): string {
  const found = valueOf(new TextDecoder().decode(body)) as
    | { pod?: { metadata?: { namespace?: unknown; name?: unknown } } }
    | undefined;
  const { namespace, name } = found?.pod?.metadata ?? {};
  return typeof namespace === "string" && typeof name === "string" ? `${namespace}/${name}` : "";
}

/** Its numbers are those that came, to the last digit; undefined: it is no JSON. */
function valueOf(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    return undefined;
  }
}
