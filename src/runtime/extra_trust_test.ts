import assert from "node:assert/strict";
import { issueCertificate } from "../../tests/kit/certificates.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { checkExtraTrust, TrustFileError } from "./extra_trust.ts";

const AUTHORITY = issueCertificate("an authority");
const LEAF = issueCertificate("a server", { issuer: AUTHORITY, hosts: ["localhost"] });
const SELF_SIGNED = issueCertificate("self", { hosts: ["localhost"], isAuthority: false });
/** Its certificate with a zero byte behind it, in the same block. */
const STRAY = AUTHORITY.cert.replace(/-----\n([^-]+)\n-----/, (_whole, base64: string) => {
  return `-----\n${Uint8Array.from([...Uint8Array.fromBase64(base64), 0]).toBase64()}\n-----`;
});
const DAMAGED = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

/** Each warning, or the error's sentence. */
function check(read: () => Uint8Array, file = "/etc/ca.pem"): string[] {
  const log = new MemoryLog();
  try {
    checkExtraTrust((name) => name === "DENO_CERT" ? file : undefined, log, read);
  } catch (error) {
    assert.ok(error instanceof TrustFileError, String(error));
    assert.doesNotMatch(error.message, /os error|read access/);
    return [`fatal: ${error.message}`];
  }
  return log.lines.map(({ message }) => message);
}

function holding(text: string): string[] {
  return check(() => new TextEncoder().encode(text));
}

const SOUND: [what: string, text: string][] = [
  ["an authority", AUTHORITY.cert],
  ["two authorities with words between", `# one\n${AUTHORITY.cert}\r\n# two\n${AUTHORITY.cert}`],
  ["a certificate that signed itself", SELF_SIGNED.cert],
  ["a chain", LEAF.cert + AUTHORITY.cert],
  ["an authority beside a damaged block, which the runtime skips", DAMAGED + AUTHORITY.cert],
];

for (const [what, text] of SOUND) {
  Deno.test(`nothing is said of a DENO_CERT that holds ${what}`, () => assert.deepEqual(holding(text), []));
}

const USELESS: [what: string, text: string, sentence: RegExp][] = [
  ["nothing", "", /is empty\. Nothing is trusted for it\.$/],
  ["white space", "\n \n", /is empty/],
  ["garbage", "garbage", /is no PEM: it must hold certificates/],
  [
    "the leaf",
    LEAF.cert,
    /holds "a server", which is not the certificate of an authority: .* issued it, "an authority"\./,
  ],
  ["a key", LEAF.key, /holds no certificate, but "PRIVATE KEY"/],
  ["an authority with a byte behind it", STRAY, /holds a certificate that is damaged/],
  ["a damaged certificate alone", DAMAGED, /holds a certificate that is damaged/],
];

for (const [what, text, sentence] of USELESS) {
  Deno.test(`a DENO_CERT that holds ${what} is warned of`, () => {
    const [warning = "", ...others] = holding(text);
    assert.deepEqual(others, []);
    assert.match(warning, /^DENO_CERT names \/etc\/ca\.pem, which /);
    assert.match(warning, sentence);
  });
}

Deno.test("a DENO_CERT in DER form is warned of, with the command that mends it", () => {
  const der = Uint8Array.fromBase64(AUTHORITY.cert.replace(/-----.*-----/g, ""));
  assert.match(check(() => der)[0] ?? "", /is in DER form: it must be PEM \(openssl x509 -inform der/);
});

const FATAL: [what: string, read: () => Uint8Array, sentence: RegExp][] = [
  ["missing", () => raise(new Deno.errors.NotFound()), /which does not exist\. Correct or unset it\.$/],
  [
    "a folder",
    () => raise(new Deno.errors.IsADirectory()),
    /cannot be read: it is a folder, no plain file, or broken/,
  ],
  ["another user's", () => raise(new Deno.errors.PermissionDenied()), /which this user may not read/],
  [
    "cut short",
    () => new TextEncoder().encode(AUTHORITY.cert.slice(0, 200)),
    /ends in the middle of a PEM block\. Correct the file, or unset DENO_CERT\.$/,
  ],
  [
    "no base64",
    () => new TextEncoder().encode(AUTHORITY.cert.replace("\nM", "\n!")),
    /is damaged: it is not valid base64/,
  ],
];

for (const [what, read, sentence] of FATAL) {
  Deno.test(`a DENO_CERT that is ${what} ends the start: the runtime would refuse every connection`, () => {
    const [message = ""] = check(read);
    assert.match(message, /^fatal: DENO_CERT names \/etc\/ca\.pem, which /);
    assert.match(message, sentence);
  });
}

Deno.test("what the program may not read is left to the runtime, and no variable is no file", () => {
  assert.deepEqual(check(() => raise(new Deno.errors.NotCapable())), []);
  checkExtraTrust(() => undefined, new MemoryLog(), () => raise(new Error("read")));
});

function raise(error: Error): never {
  throw error;
}

Deno.test("a DENO_CERT that is empty is said to be so", () => {
  const check = (): void => checkExtraTrust(() => "", new MemoryLog());
  assert.throws(check, { message: "DENO_CERT is set but empty. Name a file in it, or unset it." });
});

Deno.test("a DENO_CERT that is a pipe is not waited for", async () => {
  const folder = await Deno.makeTempDir();
  const pipe = `${folder}/pipe`;
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  assert.throws(() => checkExtraTrust(() => pipe, new MemoryLog()), /cannot be read: .* no plain file/);
  await Deno.remove(folder, { recursive: true });
});
