import { endpointOf, SETTINGS } from "../../tests/kit/endpoint.ts";
import assert from "node:assert/strict";
import fc from "fast-check";
import { ODD_POD } from "../../tests/kit/odd_pods.ts";
import { Rig } from "../../tests/kit/pipeline_rig.ts";
import { makeObject } from "../../tests/kit/pods.ts";
import type { PodObject } from "../pod/object.ts";
import { parseHostPattern } from "../route/host_pattern.ts";
import { route } from "../route/route.ts";

Deno.test("whatever a pod holds, it goes to the endpoints that its annotation names, or to the default ones", () => {
  const endpoint = endpointOf("a");
  const routing = {
    endpoints: [endpoint],
    podWebhooks: [parseHostPattern("*.example.com")],
    ofAnnotations: SETTINGS,
  };
  fc.assert(fc.property(ODD_POD, ({ pod }) => assert.equal(route(pod, routing).endpoints.length, 1)));
});

Deno.test("whatever a pod holds, it is sent, as is its end, and so are the others of its batch", () => {
  const end = fc.constantFrom<"deleted" | "unselected" | "missing">("deleted", "unselected", "missing");
  fc.assert(
    fc.property(ODD_POD, ODD_POD, end, (first, second, how) => {
      const rig = new Rig();
      try {
        const other = (version: string): PodObject => makeObject({ name: "web-1", version });
        rig.accept({ type: "applied", object: first }, { type: "applied", object: other("1") });
        assert.equal(rig.deliver().length, 2);
        rig.accept({ type: "applied", object: second }, { type: "applied", object: other("2") });
        rig.deliver();
        if (how === "missing") rig.list([]);
        // By itself, as a look-up brings it: at an older version than the first, history seems to be rewritten.
        else rig.accept({ type: how, object: { ...second } });
        if (how !== "missing") rig.accept({ type: "deleted", object: other("3") });
        const names = rig.deliver().map(({ name, body }) =>
          `${name} ${typeof JSON.parse(new TextDecoder().decode(body))}`
        );
        assert.ok(names.includes("web-1 object"), String(names));
      } finally {
        rig.store.close();
      }
    }),
    { numRuns: 200 },
  );
});
