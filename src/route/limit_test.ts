import assert from "node:assert/strict";
import fc from "fast-check";
import type { Pod } from "../pod/pod.ts";
import { annotationEndpoint } from "./annotation.ts";
import type { Endpoint } from "./endpoint.ts";
import { DISTINCT_LIMIT, limitDistinct } from "./limit.ts";
import type { Routing } from "./route.ts";

const POD: Pod = { metadata: { uid: "u", namespace: "shop", name: "web-0", resourceVersion: "1" } };
const DEFAULT: Endpoint = { name: "main", url: new URL("https://hooks.example.com/main"), trusted: true };
const ROUTING: Routing = { endpoints: [DEFAULT], podWebhooks: [] };

function stranger(n: number): Endpoint {
  return annotationEndpoint(new URL(`https://hooks.example.com/secret-${n}`));
}

function inUse(count: number): Set<string> {
  return new Set(Array.from({ length: count }, (_, n) => stranger(n).name));
}

Deno.test("below the limit a route stays as it is", () => {
  const route = { endpoints: [stranger(200)], environment: "blue", problems: ["x"] };
  assert.equal(limitDistinct(POD, route, ROUTING, inUse(DISTINCT_LIMIT - 1)), route);
});

Deno.test("at the limit a new endpoint is refused, told, and the pod goes to the default ones", () => {
  const route = { endpoints: [stranger(200)], environment: "blue", problems: ["x"] };
  assert.deepEqual(limitDistinct(POD, route, ROUTING, inUse(DISTINCT_LIMIT)), {
    endpoints: [DEFAULT],
    environment: "blue",
    problems: [
      "x",
      "The annotation atomist.com/k8vent of pod shop/web-0: the webhook at hooks.example.com is refused: " +
      "100 webhooks of annotations are in use. The pod goes to the default webhooks.",
    ],
  });
});

Deno.test("at the limit what is in use already and what is the operator's still get the pod", () => {
  const route = { endpoints: [stranger(7), DEFAULT, stranger(200)], problems: [] };
  const { endpoints, problems } = limitDistinct(POD, route, ROUTING, inUse(DISTINCT_LIMIT));
  assert.deepEqual(endpoints, [stranger(7), DEFAULT]);
  assert.equal(problems.length, 1);
});

Deno.test("the endpoints of one route use up the room one after the other", () => {
  const route = { endpoints: [stranger(200), stranger(201), stranger(202)], problems: [] };
  const { endpoints } = limitDistinct(POD, route, ROUTING, inUse(DISTINCT_LIMIT - 2));
  assert.deepEqual(endpoints, [stranger(200), stranger(201)]);
});

Deno.test("whatever the pods ask for, there are never more than a hundred, and no pod is left with none", () => {
  const wish = fc.uniqueArray(fc.nat(150), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 200 }), (wishes) => {
      const names = new Set<string>();
      for (const wanted of wishes) {
        const route = limitDistinct(POD, { endpoints: wanted.map(stranger), problems: [] }, ROUTING, names);
        assert.ok(route.endpoints.length > 0);
        for (const { trusted, name } of route.endpoints) if (!trusted) names.add(name);
        assert.ok(names.size <= DISTINCT_LIMIT);
      }
    }),
    { numRuns: 20 },
  );
});
