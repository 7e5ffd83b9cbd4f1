import assert from "node:assert/strict";
import { parseParts, PARTS, UnknownPartError } from "./parts.ts";

Deno.test("parts are named for each size, separated by slashes", () => {
  assert.deepEqual(parseParts("sync,changes/all").map((parts) => [...parts]), [
    ["sync", "changes"],
    Object.keys(PARTS),
  ]);
});

Deno.test("a part that does not exist is an error that names those that do", () => {
  assert.throws(() => parseParts("sync,toString"), (error) => {
    assert.ok(error instanceof UnknownPartError);
    assert.match(error.message, /"toString".*sync.*restart/);
    return true;
  });
});
