import assert from "node:assert/strict";
import { parse as parseYaml } from "yaml";
import { contextOf } from "../../tests/kit/config_files.ts";
import { NOW } from "../../tests/kit/wrong_signatures.ts";
import { Signer } from "../delivery/sign.ts";
import { UsageError } from "../config/usage_error.ts";
import { parseCommand } from "./command.ts";
import type { Answer } from "./context.ts";

const SECRET = "a plain secret of some length";
const BODY = '{"pod":{}}';

const FILES = { "body.json": BODY, "changed.json": `${BODY}\n`, "/dev/stdin": BODY, secret: `${SECRET}\n` };

function headersOf(body = BODY): string[] {
  const signed = { id: "pod_a", body: new TextEncoder().encode(body), content: body };
  const headers = new Signer().sign(signed, NOW / 1000, [SECRET]);
  return Object.entries({ "Webhook-ID": "pod_a", ...headers }).flatMap((
    [name, value],
  ) => ["-H", `${name}: ${value}`]);
}

async function ask(...argv: string[]): Promise<Answer> {
  return await parseCommand(["verify", ...argv], contextOf(FILES)) as Answer;
}

const GIVEN = ["--secret-file", "secret", ...headersOf()];

Deno.test("verify prints a line for each signature, and ends with 0 where one holds", async () => {
  assert.deepEqual(await ask("--body", "body.json", ...GIVEN), {
    command: "answer",
    code: 0,
    data: [
      "webhook-signature    holds  by the secret\n",
      "x-hub-signature-256  holds  by the secret\n",
      "x-atomist-signature  holds  by the secret\n",
    ].join(""),
    remarks: "",
  });
});

Deno.test("verify reads the body from standard input", async () => {
  assert.equal((await ask("--body", "-", ...GIVEN)).code, 0);
});

Deno.test("verify ends with 1 where none holds, and says why in 80 columns", async () => {
  const { code, data } = await ask("--body", "changed.json", ...GIVEN);
  assert.equal(code, 1);
  assert.match(data, /^webhook-signature {4}fails {2}the body has a line end at its end that was not$/m);
  assert.deepEqual(data.split("\n").filter((line) => line.length > 80), []);
});

Deno.test("verify prints the same as JSON and as YAML", async () => {
  const asked = ["--body", "body.json", "--secret-file", "secret", ...headersOf().slice(0, 6)];
  const { data } = await ask(...asked, "-o", "json");
  assert.deepEqual(parseYaml((await ask(...asked, "-o", "yaml")).data), JSON.parse(data));
  assert.deepEqual(JSON.parse(data), {
    holds: true,
    signatures: [
      {
        scheme: "standard",
        header: "webhook-signature",
        number: 1,
        holds: true,
        secret: 1,
        why: "by the secret",
      },
    ],
  });
});

Deno.test("verify takes an old delivery where a flag says how old one may be", async () => {
  const later = { ...contextOf(FILES), now: () => NOW + 3_600_000 };
  const argv = ["verify", "--body", "body.json", "--secret-file", "secret", ...headersOf().slice(0, 6)];
  assert.equal((await parseCommand(argv, later) as Answer).code, 1);
  assert.equal((await parseCommand([...argv, "--tolerance", "2h"], later) as Answer).code, 0);
});

Deno.test("verify says that there is no signature", async () => {
  const { code, data } = await ask(
    "--body",
    "body.json",
    "--secret-file",
    "secret",
    "-H",
    "content-type: a/b",
  );
  assert.equal(code, 1);
  assert.match(data, /^No signature: none of the headers/);
});

Deno.test("verify takes the secret file of the variable that the run takes", async () => {
  const context = contextOf(FILES, { K8SVENT_SECRET_FILE: "secret" });
  assert.equal(
    (await parseCommand(["verify", "--body", "body.json", ...headersOf()], context) as Answer).code,
    0,
  );
});

for (
  const [argv, message] of [
    [["--secret-file", "secret"], /k8svent verify needs --body FILE/],
    [["--body", "body.json"], /k8svent verify needs --secret-file FILE/],
    [["--body", "none", "--secret-file", "secret"], /Cannot read the body none: it does not exist/],
    [["--body", "body.json", "--secret-file", "none"], /Cannot read the secret file none/],
    [
      ["--body", "body.json", "--secret-file", "/var/run/secrets/kubernetes.io/serviceaccount/token"],
      /API server alone/,
    ],
    [["--header", "token"], /--header, entry 1, is no header: write 'NAME: VALUE'/],
    [["--body", "body.json", "--tolerance", "300"], /--tolerance must be a duration/],
    [["--body", "body.json", "--output", "xml"], /--output must be table, json or yaml/],
  ] as const
) {
  Deno.test(`verify refuses ${argv.join(" ")}`, async () => {
    await assert.rejects(ask(...argv), (error) => {
      assert(error instanceof UsageError);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("verify prints its help in 80 columns", async () => {
  const { code, data } = await ask("--help");
  assert.equal(code, 0);
  assert.deepEqual(data.split("\n").filter((line) => line.length > 80), []);
});
