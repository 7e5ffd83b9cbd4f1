import { tmpdir } from "node:os";

/** Stands in every secret, token and URL path that a test makes up, so that one pattern finds a leak of any. */
export const MARK = "c0nfidential";

/** A Standard Webhooks secret: what follows the prefix is base64. */
export const SECRET = `whsec_${MARK}SigningKey00`;

/** The mark within a base64 text: how it looks depends on how many bytes stand before it. */
const ENCODED = ["", "-", "--"].map((before) => btoa(before + MARK).slice(before === "" ? 0 : 4, 16));

/** What no output may hold: a mark, or a token of the API server (a JWT begins with the base64 of `{"`). */
const LEAK = new RegExp(`${[MARK, ...ENCODED].join("|")}|eyJ[A-Za-z0-9_-]{10}`);

/** Of one run of `deno test`: its files run in realms of their own, which share the process and the disk. */
const OUTPUT = `${tmpdir()}/k8svent-test-output-${Deno.pid}.log`;

/** A webhook as it is given to `--url`, with a path and a query that nobody may see. */
export function webhook(name: string, { url }: { url: string }): string {
  return `${name}=${url}/${MARK}?key=${MARK}`;
}

/** The lines that show what they must not. */
export function leaks(output: string): string[] {
  return output.split("\n").filter((line) => LEAK.test(line));
}

/** Adds to the output of the whole run. */
export async function collectOutput(text: string): Promise<void> {
  await Deno.writeTextFile(OUTPUT, text, { append: true });
}

/** What every program of the run has printed up to now. */
export async function wholeOutput(): Promise<string> {
  return await Deno.readTextFile(OUTPUT);
}
