import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { AdminPort, type Answered, TOKEN, withAdminPort } from "../../tests/kit/admin_port.ts";
import { delivery, endpointStatus } from "../../tests/kit/admin.ts";
import { settle } from "../../tests/kit/clock.ts";
import { apiRoutes } from "./api.ts";
import { OPENAPI } from "./openapi.ts";

/* The document is held against what is answered, and the other way round. */

interface Operation {
  parameters?: { name: string; in: string }[];
  requestBody?: unknown;
  responses: Record<string, { $ref?: string; content?: Record<string, unknown> }>;
}

const PATHS = OPENAPI["paths"] as Record<string, Record<string, Operation>>;

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
addFormats.default(ajv);
ajv.addSchema({ $id: "k8svent", ...withoutOpenApi(strict(OPENAPI) as typeof OPENAPI) });

/** With no properties but those that it names: a client must bear more, and we must not answer more than we say. */
function strict(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(strict);
  const parts = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, strict(part)]));
  return { ...parts, ..."properties" in value && "required" in value && { additionalProperties: false } };
}

/** Its words beside those of JSON Schema are let be. */
function withoutOpenApi(document: Record<string, unknown>): { components: unknown; paths: unknown } {
  for (const word of Object.keys(document)) ajv.addKeyword(word);
  ajv.addKeyword("schemas").addKeyword("responses").addKeyword("securitySchemes");
  return { components: document["components"], paths: document["paths"] };
}

/** A JSON pointer into the document. */
function pointer(...parts: string[]): string {
  return parts.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Asserts that an answer is one that the document has for the operation. */
function assertDescribed(path: string, method: string, { status, headers, text }: Answered): void {
  const operation = PATHS[path]?.[method];
  const response = operation?.responses[String(status)];
  assert(response !== undefined, `${method} ${path} answers ${status}, which the document does not have`);
  const type = headers.get("content-type") ?? "";
  const place = response.$ref?.slice(1) ?? pointer("paths", path, method, "responses", String(status));
  const validate = ajv.getSchema(`k8svent#${encodeURI(place + pointer("content", type, "schema"))}`);
  assert(
    validate !== undefined,
    `${method} ${path} answers ${status} as ${type}, which the document does not have`,
  );
  validate(type === "text/event-stream" ? text : JSON.parse(text));
  assert.deepEqual(validate.errors, null, `${method} ${path}: ${text.slice(0, 500)}`);
}

/** A request for each operation, and what stands in the place of its parameters. */
function* operations(): Iterable<[path: string, method: string, target: string]> {
  const values: Record<string, string> = { namespace: "shop", id: "pod_2" };
  for (const [path, methods] of Object.entries(PATHS)) {
    for (const method of Object.keys(methods)) {
      const target = path.replace(
        /\{(\w+)\}/g,
        (_, name: string) => values[name] ?? (path.includes("/pods/") ? "web-1" : "slow"),
      );
      yield [path, method, target];
    }
  }
}

/** All that may be left out is there. */
function fill({ admin }: AdminPort): void {
  const at = "2026-11-27T12:00:00.000Z";
  admin.state = {
    ...admin.state,
    environment: "staging",
    cluster: "east",
    problems: ["x"],
    notes: ["y"],
    source: {
      ...admin.state.source,
      scopes: [{ namespace: "shop", isListed: true, resourceVersion: "1", silentSeconds: 0.5 }],
    },
    store: { isHealthy: false, fault: "the disk is full", bytes: 1, isKept: true },
    configuration: { isValid: false, checkedAt: at, problem: "a sentence" },
    update: { isNewerAvailable: true, checkedAt: at },
  };
  admin.shown = admin.shown.map((one) => ({
    ...one,
    oldestPendingSeconds: 1.5,
    lastError: { at, why: "it answered 503" },
    nextTryAt: at,
  }));
  admin.kept = admin.kept.map((one) => ({ ...one, nextRetryAt: at, body: "{}" }));
}

/** All that may be left out is gone. */
function strip({ admin }: AdminPort): void {
  const { environment: _e, cluster: _c, configuration: _f, ...state } = admin.state;
  admin.state = {
    ...state,
    source: { ...state.source, scopes: [{ isListed: false, silentSeconds: 0 }] },
    store: { isHealthy: true, bytes: 0, isKept: false },
    update: { isNewerAvailable: false },
  };
  const { origin: _o, lag: _l, lastDeliveredAt: _d, ...shown } = endpointStatus("slow");
  admin.shown = [shown];
  const { pod: _p, last: _a, nextRetryAt: _n, request: _r, answer: _w, ...kept } = delivery(
    "slow",
    "pod_2",
    "failed",
  );
  admin.kept = [{ ...kept, history: [] }];
  admin.pods = [{
    namespace: "shop",
    name: "web-1",
    uid: "u",
    resourceVersion: "1",
    route: "annotation",
    endpoints: [{ endpoint: "slow", sends: false, because: "its filter", isPending: true, deliveries: [] }],
  }];
}

/** What an operation answers; of what has no end, what comes first. */
async function ask(port: AdminPort, method: string, target: string): Promise<Answered> {
  if (!target.endsWith("/events")) return await port.bear(`${method.toUpperCase()} ${target}`);
  const answering = port.bear(`GET ${target}`);
  while (port.admin.subscribers === 0) await settle();
  await port.close();
  return await answering;
}

for (const [what, change] of Object.entries({ "all that may be left out": fill, "nothing of that": strip })) {
  for (const [path, method, target] of operations()) {
    Deno.test(`${method} ${path} answers as the document says, with ${what}`, async () => {
      const port = new AdminPort();
      change(port);
      const answered = await ask(port, method, target);
      if (!target.endsWith("/events")) await port.close();
      assert.equal(answered.status, 200, answered.text);
      assertDescribed(path, method, answered);
    });
  }
}

Deno.test("every operation answers as the document says, where it cannot be answered", () =>
  withAdminPort(async (port) => {
    for (const [path, method, target] of operations()) {
      const name = method.toUpperCase();
      const [, first] = path.split("{", 2);
      const wrong = first === undefined ? [] : [`${name} ${target.replace(/slow|web-1/, "none")}`];
      const answers = [
        await port.ask(`${name} ${target}`),
        await port.ask(`${name} ${target}`, {
          authorization: `Bearer ${TOKEN}`,
          "sec-fetch-site": "cross-site",
        }),
        await port.bear(`${name} ${target}?token=x`),
        await port.bear(`${name} ${target}?nothing`),
        ...await Promise.all(wrong.map((request) => port.bear(request))),
        ...method === "post"
          ? [
            await port.bear(`${name} ${target}`, "a"),
            await port.bear(`${name} ${target}`, `{${" ".repeat(9_000)}}`),
          ]
          : [],
      ];
      for (const answered of answers) {
        assert(answered.status >= 400, answered.text);
        assertDescribed(path, method, answered);
      }
    }
  }));

Deno.test("every operation is refused by another name without a token, and without the token's file, as the document says", async () => {
  await withAdminPort(async (port) => {
    for (const [path, method, target] of operations()) {
      assertDescribed(
        path,
        method,
        await port.ask(`${method.toUpperCase()} ${target}`, { host: "evil.example" }),
      );
    }
  }, { asksForToken: false });
  await withAdminPort(async (port) => {
    port.token = { problem: "it is empty" };
    for (const [path, method, target] of operations()) {
      assertDescribed(path, method, await port.bear(`${method.toUpperCase()} ${target}`));
    }
  });
});

Deno.test("every route is in the document, and nothing else is", () =>
  withAdminPort((port) => {
    const routes = apiRoutes(port.admin, port.clock).map(({ method, path }) =>
      `${method.toLowerCase()} ${path}`
    );
    const described = [...operations()].map(([path, method]) => `${method} ${path}`);
    assert.deepEqual(routes.toSorted(), described.toSorted());
    return Promise.resolve();
  }));

Deno.test("every parameter of the document is taken, and each operation that takes some has them all", () =>
  withAdminPort(async (port) => {
    const values: Record<string, string> = { state: "failed", reason: "ready", outcome: "tls", limit: "7" };
    for (const [path, method, target] of operations()) {
      const names = (PATHS[path]?.[method]?.parameters ?? []).filter((one) => one.in === "query").map((
        { name },
      ) => name);
      const query = names.map((name) => `${name}=${values[name] ?? "x"}`).join("&");
      if (names.length === 0) continue;
      assert.equal((await port.bear(`GET ${target}?${query}`)).status, 200);
      const { text } = await port.bear(`GET ${target}?nothing`);
      assert(text.includes(`there are ${names.join(", ")}.`), text);
    }
  }));

Deno.test("the document is one of OpenAPI 3.1", async () => {
  const result = await new Validator().validate(JSON.parse(JSON.stringify(OPENAPI)));
  assert.deepEqual(result.errors, undefined);
  assert(result.valid);
});

Deno.test("the document is served as it is", () =>
  withAdminPort(async (port) => {
    const { text } = await port.bear("GET /api/v1/openapi.json");
    assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(OPENAPI)));
  }));
