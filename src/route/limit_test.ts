import { endpointOf, SETTINGS } from "../../tests/kit/endpoint.ts";
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Pod } from "../pod/pod.ts";
import { annotationEndpoint } from "./annotation.ts";
import type { Endpoint } from "./endpoint.ts";
import { DISTINCT_LIMIT, limitDistinct, NAMESPACE_LIMIT } from "./limit.ts";
import type { Routing } from "./route.ts";

const POD: Pod = { metadata: { uid: "u", namespace: "shop", name: "web-0", resourceVersion: "1" } };
const DEFAULT: Endpoint = endpointOf("main", "https://hooks.example.com/main");
const ROUTING: Routing = { endpoints: [DEFAULT], podWebhooks: [], ofAnnotations: SETTINGS };

function named(n: number): Endpoint {
  return annotationEndpoint(new URL(`https://hooks.example.com/secret-${n}`), SETTINGS);
}

/** So many endpoints, each of a namespace of its own. */
function inUse(count: number): Map<string, string> {
  return new Map(Array.from({ length: count }, (_, n) => [named(n).name, `team-${n}`]));
}

Deno.test("below the limit a route stays as it is", () => {
  const route = { endpoints: [named(200)], environment: "blue", problems: ["x"] };
  assert.equal(limitDistinct(POD, route, ROUTING, inUse(DISTINCT_LIMIT - 1)), route);
});

Deno.test("at the limit a new endpoint is refused, which is reported, and the pod goes to the default ones", () => {
  const route = { endpoints: [named(200)], environment: "blue", problems: ["x"] };
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
  const route = { endpoints: [named(7), DEFAULT, named(200)], problems: [] };
  const { endpoints, problems } = limitDistinct(POD, route, ROUTING, inUse(DISTINCT_LIMIT));
  assert.deepEqual(endpoints, [named(7), DEFAULT]);
  assert.equal(problems.length, 1);
});

Deno.test("the endpoints of one route use up the room one after the other", () => {
  const route = { endpoints: [named(200), named(201), named(202)], problems: [] };
  const { endpoints } = limitDistinct(POD, route, ROUTING, inUse(DISTINCT_LIMIT - 2));
  assert.deepEqual(endpoints, [named(200), named(201)]);
});

Deno.test("whatever the pods ask for, there are never more than a hundred, and no pod is left with none", () => {
  const wish = fc.uniqueArray(fc.nat(150), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(wish, fc.nat(9)), { maxLength: 200 }), (wishes) => {
      const names = new Map<string, string>();
      for (const [wanted, team] of wishes) {
        const pod: Pod = { metadata: { ...POD.metadata, namespace: `team-${team}` } };
        const route = limitDistinct(pod, { endpoints: wanted.map(named), problems: [] }, ROUTING, names);
        assert.ok(route.endpoints.length > 0);
        for (const { trusted, name } of route.endpoints) {
          if (!trusted && !names.has(name)) names.set(name, pod.metadata.namespace);
        }
        assert.ok(names.size <= DISTINCT_LIMIT);
        const own = [...names.values()].filter((namespace) => namespace === pod.metadata.namespace);
        assert.ok(own.length <= NAMESPACE_LIMIT);
      }
    }),
    { numRuns: 20 },
  );
});

Deno.test("one namespace does not take the places of the others", () => {
  const own = new Map(Array.from({ length: NAMESPACE_LIMIT }, (_, n) => [named(n).name, "shop"]));
  const refused = limitDistinct(POD, { endpoints: [named(200)], problems: [] }, ROUTING, own);
  assert.deepEqual(refused.endpoints, [DEFAULT]);
  assert.match(refused.problems[0] ?? "", /25 webhooks of annotations of the namespace shop are in use/);
  const other: Pod = { metadata: { ...POD.metadata, namespace: "other" } };
  const granted = limitDistinct(other, { endpoints: [named(200)], problems: [] }, ROUTING, own);
  assert.deepEqual(granted.endpoints, [named(200)]);
});

Deno.test("a place that a namespace's limit keeps free is not said to be in use", () => {
  const own = Array.from({ length: NAMESPACE_LIMIT }, (_, n): [string, string] => [named(n).name, "shop"]);
  const full = new Map([...inUse(DISTINCT_LIMIT - 1), ...own]);
  const endpoints = [named(200), named(201), named(202)];
  const { problems } = limitDistinct(POD, { endpoints, problems: [] }, ROUTING, full);
  assert.equal(problems.length, 3);
  for (const problem of problems) {
    assert.match(problem, /25 webhooks of annotations of the namespace shop are in use/);
  }
});
