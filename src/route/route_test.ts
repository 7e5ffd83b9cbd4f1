import { endpointOf, SETTINGS } from "../../tests/kit/endpoint.ts";
import assert from "node:assert/strict";
import type { Pod } from "../pod/pod.ts";
import { annotationEndpoint } from "./annotation.ts";
import type { Endpoint } from "./endpoint.ts";
import { parseHostPattern } from "./host_pattern.ts";
import { route, type Routing } from "./route.ts";

const DEFAULT: Endpoint = endpointOf("main", "https://hooks.example.com/main");
const OTHER: Endpoint = endpointOf("other", "http://10.0.0.1/other");

const ROUTING: Routing = {
  endpoints: [DEFAULT, OTHER],
  podWebhooks: [parseHostPattern("hooks.example.com")],
  ofAnnotations: SETTINGS,
};

function pod(annotation?: string): Pod {
  const annotations = { "example.com/other": "x", ...annotation && { "atomist.com/k8vent": annotation } };
  return { metadata: { uid: "u", namespace: "shop", name: "web-0", resourceVersion: "1", annotations } };
}

function names(annotation: string): string[] {
  return route(pod(annotation), ROUTING).endpoints.map((endpoint) => endpoint.name);
}

Deno.test("a pod without the annotation goes to the default endpoints", () => {
  const bare: Pod = { metadata: { uid: "u", namespace: "shop", name: "web-0", resourceVersion: "1" } };
  for (const each of [bare, pod()]) {
    assert.deepEqual(route(each, ROUTING), { endpoints: [DEFAULT, OTHER], problems: [] });
  }
});

Deno.test("the annotation's webhooks take the place of the default ones", () => {
  const { endpoints, problems } = route(pod('{"webhooks":["https://hooks.example.com/mine"]}'), ROUTING);
  assert.deepEqual(endpoints, [annotationEndpoint(new URL("https://hooks.example.com/mine"), SETTINGS)]);
  assert.deepEqual(problems, []);
});

Deno.test("without --pod-webhooks annotations are not even read", () => {
  const annotated = pod('{"webhooks":["https://hooks.example.com/mine"],"environment":"blue"}');
  const routing = { ...ROUTING, podWebhooks: [] };
  assert.deepEqual(route(annotated, routing), { endpoints: [DEFAULT, OTHER], problems: [] });
  assert.deepEqual(route(pod("broken"), routing).problems, []);
});

Deno.test("an annotation that names no webhook does not mute the pod", () => {
  assert.deepEqual(names('{"webhooks":[]}'), ["main", "other"]);
  const blue = route(pod('{"environment":"blue"}'), ROUTING);
  assert.deepEqual(blue, { endpoints: [DEFAULT, OTHER], environment: "blue", problems: [] });
});

Deno.test("a broken annotation leaves the pod where it was going and is reported", () => {
  const { endpoints, problems } = route(pod('{"webhooks":'), ROUTING);
  assert.deepEqual(endpoints, [DEFAULT, OTHER]);
  assert.deepEqual(problems, [
    "The annotation atomist.com/k8vent of pod shop/web-0: it is not a JSON object such as " +
    '{"webhooks": ["https://hooks.example.com/pods"]}. The pod goes to the default webhooks.',
  ]);
});

Deno.test("an annotation whose webhooks are all refused leaves the pod where it was going and is reported", () => {
  const { endpoints, problems } = route(pod('{"webhooks":["https://evil.test/secret?key=secret"]}'), ROUTING);
  assert.deepEqual(endpoints, [DEFAULT, OTHER]);
  assert.deepEqual(problems, [
    "The annotation atomist.com/k8vent of pod shop/web-0: webhook 1 (evil.test) is refused: " +
    "--pod-webhooks does not allow this host and port. The pod goes to the default webhooks.",
  ]);
});

Deno.test("a refused webhook beside an allowed one is reported, and the allowed one alone counts", () => {
  const annotated = pod('{"webhooks":["https://evil.test/","https://hooks.example.com/mine"]}');
  const { endpoints, problems } = route(annotated, ROUTING);
  assert.deepEqual(endpoints.map((endpoint) => endpoint.url?.href), ["https://hooks.example.com/mine"]);
  assert.equal(problems.length, 1);
  assert.doesNotMatch(problems[0] ?? "", /default/);
});

Deno.test("a webhook that is an endpoint of the operator's is that endpoint, not a second one", () => {
  const [endpoint] = route(pod('{"webhooks":["https://hooks.example.com/main"]}'), ROUTING).endpoints;
  assert.equal(endpoint, DEFAULT);
});
