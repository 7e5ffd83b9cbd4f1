import { createHmac } from "node:crypto";
import { Buffer } from "node:buffer";
import type { Scheme } from "../route/endpoint_settings.ts";
import { ENCODED } from "../runtime/secret.ts";
import { counted } from "../runtime/wording.ts";

/**
 * Why a signature does not hold. It says nothing by itself, so the mistakes that people make are tried: the secret in
 * another encoding, white space at the end of the body, hexadecimal for base64. The one that yields the signature is the
 * reason; of several, the one with the fewest mistakes. At most two at once are tried, so that a wrong one costs little.
 */

/** A delivery as it came to a receiver. */
export interface Received {
  /** By name in lower case; several of one name joined with ", ". */
  headers: ReadonlyMap<string, string>;
  body: Uint8Array;
}

/** A way to read, to know or to compute something. `odd`: what is wrong with it, as a clause; undefined: nothing. */
interface Way<T> {
  value: T;
  odd: string | undefined;
}

type Bytes = Uint8Array | string;

/** Algorithms by the bytes of what they yield. */
const ALGORITHMS = new Map([[20, "sha1"], [32, "sha256"], [64, "sha512"]]);

const RIGHT: Readonly<Record<Scheme, { algorithm: string; prefix: string; form: string }>> = {
  standard: { algorithm: "sha256", prefix: "v1,", form: "base64" },
  github: { algorithm: "sha256", prefix: "sha256=", form: "hexadecimal digits" },
  atomist: { algorithm: "sha1", prefix: "sha1=", form: "hexadecimal digits" },
};

/** A clause for people; undefined: nothing explains it. */
export function mismatch(
  scheme: Scheme,
  text: string,
  received: Received,
  secrets: readonly string[],
): string | undefined {
  const readings = digestsIn(scheme, text);
  if (readings.length === 0) return notASignature(scheme, text);
  let best: string[] | undefined;
  for (const content of contents(scheme, received)) {
    for (const key of secrets.flatMap((secret) => keys(scheme, secret))) {
      const known = oddities(content, key);
      if (known.length > 2 || known.length >= (best?.length ?? Infinity)) continue;
      const reading = readings.find(({ value }) => makes(value, key.value, content.value));
      if (reading === undefined) continue;
      const found = [...known, ...reading.odd === undefined ? [] : [reading.odd]];
      if (found.length < (best?.length ?? Infinity)) best = found;
    }
  }
  if (best !== undefined && best.length > 0) return best.join(", and ");
  return bodyFault(received);
}

function oddities(...ways: Way<unknown>[]): string[] {
  return ways.flatMap(({ odd }) => odd ?? []);
}

function makes(digest: Uint8Array, key: Bytes, content: readonly Bytes[]): boolean {
  const hmac = createHmac(ALGORITHMS.get(digest.length) ?? "sha256", key);
  for (const part of content) hmac.update(part);
  return hmac.digest().equals(digest);
}

function notASignature(scheme: Scheme, text: string): string {
  if (/^v1a,/.test(text)) return "it is of the asymmetric kind (v1a), which is not spoken here";
  const { prefix, form } = RIGHT[scheme];
  return `it is no signature: it is to be ${prefix} and ${form}, whole`;
}

/** What the text may stand for. A prefix or a form that is not the scheme's is odd. */
function digestsIn(scheme: Scheme, text: string): Way<Buffer>[] {
  const { algorithm, prefix, form } = RIGHT[scheme];
  // Where such a run begins, and nowhere in it: else a long one takes time by its square.
  const bare = text.replace(/^["'\s]+|(?<!["'\s])["'\s]+$/g, "");
  const [, before = "", rest = bare] = /^(v1,|sha\d+=)?(.*)$/is.exec(bare) ?? [];
  const start = before === prefix && bare === text ? [] : [`it does not begin with ${prefix} as it is to`];
  return [...asHex(rest), ...asBase64(rest)]
    .filter(({ value }) => ALGORITHMS.has(value.length))
    .map(({ value, odd }) => {
      const made = ALGORITHMS.get(value.length);
      const isForm = odd === (scheme === "standard" ? BASE64 : HEX);
      const faults = [
        ...start,
        ...isForm ? [] : [`it is written in ${odd}, and is to be in ${form}`],
        ...made === algorithm
          ? []
          : [`it is made by HMAC-${named(made)}, and is to be by ${named(algorithm)}`],
      ];
      return { value, odd: faults.length === 0 ? undefined : faults.join(", and ") };
    });
}

const HEX = "hexadecimal digits";
const BASE64 = "base64";

/** `odd` is the form that it is written in. */
function asHex(text: string): Way<Buffer>[] {
  if (!/^([0-9a-f]{2})+$/i.test(text)) return [];
  const odd = text === text.toLowerCase() ? HEX : `${HEX} of upper case`;
  return [{ value: Buffer.from(text, "hex"), odd }];
}

function asBase64(text: string): Way<Buffer>[] {
  if (!/^[\w+/-]+=*$/.test(text)) return [];
  const value = Buffer.from(text, "base64");
  const odd = value.toString("base64") === text
    ? BASE64
    : /[_-]/.test(text)
    ? "base64 for URLs"
    : "base64 without its = at the end";
  const inner = asHex(value.toString("latin1")).map(({ value }) => ({
    value,
    odd: "base64 of hexadecimal digits",
  }));
  return [{ value, odd }, ...inner];
}

function named(algorithm: string | undefined): string {
  return (algorithm ?? "").toUpperCase().replace(/^SHA(256|512)$/, "SHA-$1").replace("SHA1", "SHA-1");
}

/** The right key, and those that a mistake makes of the secret. */
function keys(scheme: Scheme, secret: string): Way<Bytes>[] {
  const isEncoded = secret.startsWith(ENCODED);
  const inner = secret.slice(ENCODED.length);
  const decoded = Buffer.from(isEncoded ? inner : secret, "base64");
  const right: Way<Bytes> = { value: isEncoded && scheme === "standard" ? decoded : secret, odd: undefined };
  const wrong: [Bytes, string][] = [];
  if (isEncoded) {
    if (scheme === "standard") {
      wrong.push([secret, `the secret was taken as text, though it begins with ${ENCODED}`]);
    } else {wrong.push([
        decoded,
        `the secret was decoded from base64, and this scheme takes it as text, ${ENCODED} and all`,
      ]);}
    wrong.push([inner, `the secret was taken as text without its ${ENCODED}`]);
  } else {
    wrong.push([decoded, `the secret was decoded from base64, though it does not begin with ${ENCODED}`]);
    if (/^([0-9a-f]{2})+$/i.test(secret)) {
      wrong.push([
        Buffer.from(secret, "hex"),
        "the secret was decoded from hexadecimal, and is taken as text",
      ]);
    }
  }
  const base64 = Buffer.from(secret).toString("base64");
  wrong.push([base64, "the secret was taken as base64, as it stands in the data of a Secret"]);
  for (const end of ["\n", "\r\n", " "]) {
    wrong.push([`${secret}${end}`, "white space at the end of the secret was taken for a part of it"]);
  }
  return [right, ...wrong.map(([value, odd]) => ({ value, odd }))];
}

/** What may have been signed. */
function contents(scheme: Scheme, received: Received): Way<Bytes[]>[] {
  const { headers } = received;
  const [id, time] = [headers.get("webhook-id"), headers.get("webhook-timestamp")];
  const bodies = bodiesOf(received.body);
  const whole = bodies.map(({ value, odd }): Way<Bytes[]> => ({ value: [value], odd }));
  const framed = bodies.map(({ value, odd }): Way<Bytes[]> => ({ value: [`${id}.${time}.`, value], odd }));
  if (scheme === "standard") {
    return [
      ...framed,
      {
        value: [received.body],
        odd: "the body alone was signed, and webhook-id and webhook-timestamp are to be, too",
      },
      { value: [`${time}.`, received.body], odd: "webhook-id was not signed, and is to be" },
    ];
  }
  if (id === undefined || time === undefined) return whole;
  const odd = "webhook-id and webhook-timestamp were signed too, and here the body alone is to be";
  return [...whole, { value: [`${id}.${time}.`, received.body], odd }];
}

/** Bytes of a body that is tried in all its forms: it takes a second at the most. */
const LARGEST_TRIED = 2 ** 18;

/** The body, and what it may have been before something changed it. */
function bodiesOf(body: Uint8Array): Way<Bytes>[] {
  const right: Way<Bytes> = { value: body, odd: undefined };
  if (body.length > LARGEST_TRIED) return [right];
  const text = Buffer.from(body).toString("latin1");
  const changed: [string, string][] = [
    [text.replace(/(\r?\n)+$/, ""), "the body has a line end at its end that was not signed"],
    [text.trim(), "the body has white space around it that was not signed"],
    [`${text}\n`, "the body lacks the line end at its end that was signed"],
    [`${text}\r\n`, "the body lacks the line end at its end that was signed"],
    [text.replaceAll("\r\n", "\n"), "the line ends of the body were changed to those of Windows"],
    [text.replace(/\r?\n/g, "\r\n"), "the line ends of the body were changed from those of Windows"],
    [text.replace(/^\xEF\xBB\xBF/, ""), "the body has a byte order mark before it that was not signed"],
    [`\xEF\xBB\xBF${text}`, "the body lacks the byte order mark before it that was signed"],
    ["", "an empty body was signed: something had read it before"],
    ...rewritten(Buffer.from(body).toString()),
  ];
  return [
    right,
    ...changed.filter(([other]) => other !== text).map(([other, odd]) => ({
      value: Buffer.from(other, "latin1"),
      odd,
    })),
  ];
}

/** JSON that was parsed and written anew: compact, or as people print it. As latin1, like the others. */
function rewritten(text: string): [string, string][] {
  try {
    const value: unknown = JSON.parse(text);
    return [undefined, 2, 4, "\t"].map((indent) => [
      Buffer.from(JSON.stringify(value, undefined, indent)).toString("latin1"),
      "the body was parsed and written anew: give the bytes as they came",
    ]);
  } catch {
    return [];
  }
}

/** What the body itself shows. */
function bodyFault({ headers, body }: Received): string | undefined {
  const said = headers.get("content-length");
  if (said !== undefined && /^\d+$/.test(said) && Number(said) !== body.length) {
    return `the body was changed or cut off: it has ${
      counted(body.length, "byte")
    }, and content-length says ${said}`;
  }
  return undefined;
}
