import assert from "node:assert/strict";
import { FILE, printPodFields } from "../../build/pod_fields.ts";
import { clusterTest, startControlPlane } from "../kit/control_plane.ts";

clusterTest(
  "the fields that expressions are checked against are those that an API server serves",
  async () => {
    await using plane = await startControlPlane();
    const openapi = await plane.kubectl(["get", "--raw", "/openapi/v3/api/v1"]);
    assert.equal(
      await Deno.readTextFile(FILE),
      printPodFields(JSON.parse(openapi)),
      "Write it anew, as build/pod_fields.ts says.",
    );
  },
);
