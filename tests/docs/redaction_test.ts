import assert from "node:assert/strict";
import { parse } from "yaml";
import { encode } from "../../src/pod/json_bytes.ts";
import { loadRedaction, type RedactProfile } from "../../src/pod/redaction.ts";
import { secretsIn } from "../../src/pod/secret_shape.ts";
import { blocksOf, readPage } from "../kit/pages.ts";

const PAGE = await readPage("docs/redaction.md");
const BLOCKS = blocksOf(PAGE);

Deno.test("what docs/redaction.md shows after is what its settings make of what it shows before", async () => {
  const settings = BLOCKS.find(({ language }) => language === "yaml")?.text ?? "";
  const [before = "", after = ""] = BLOCKS.filter(({ language }) => language === "json").map(({ text }) =>
    text
  );
  const { redact } = parse(settings) as { redact: RedactProfile };
  const redaction = await loadRedaction(redact);
  // As it is printed, and as it is sent.
  assert.equal(new TextDecoder().decode(redaction.redact(encode(before))), after);
  const [sent, expected] = [before, after].map((text) => encode(JSON.stringify(JSON.parse(text))));
  assert.deepEqual(redaction.redact(sent ?? encode("")), expected);
});

Deno.test("docs/redaction.md has every option", () => {
  const named = [...PAGE.text.matchAll(/^\| `(\w+)` /gm)].map(([, name]) => name);
  const profile: RedactProfile = {
    env: "all",
    args: "all",
    annotations: "all",
    probeHeaders: "all",
    patterns: [],
  };
  assert.deepEqual(named, Object.keys(profile));
});

Deno.test("what docs/redaction.md says to look like a secret by its name does, and what it says to be none does not", () => {
  const [, byName = ""] = /\*\*By its name\*\*([\s\S]*?)\n- \*\*/.exec(PAGE.text) ?? [];
  const [secret = "", harmless = ""] = byName.split("A value is kept");
  const names = [...secret.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
  assert(names.length >= 6);
  for (const name of names) assert.equal(secretsIn(name, "hunter2").length, 1, name);
  const settings = [...harmless.matchAll(/`(\w+)=([^`]+)`/g)];
  assert(settings.length >= 4);
  for (const [, name = "", value = ""] of settings) assert.deepEqual(secretsIn(name, value), [], name);
});
