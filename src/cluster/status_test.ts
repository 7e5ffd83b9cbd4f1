import assert from "node:assert/strict";
import { statusError } from "./status.ts";

function status(fields: Record<string, unknown>): Record<string, unknown> {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", ...fields };
}

Deno.test("a Status in a stream is judged by its own code", () => {
  const error = statusError(
    status({ code: 410, reason: "Expired", message: "too old resource version: 1 (2)" }),
  );
  assert.equal(error.fault, "expired");
  assert.equal(error.details.status, 410);
});

Deno.test("reason Expired or Gone means expired, whatever the code", () => {
  assert.equal(statusError(status({ reason: "Expired" })).fault, "expired");
  assert.equal(statusError(status({ reason: "Gone" }), 500).fault, "expired");
});

Deno.test("a version that the server has not reached is reported by the cause", () => {
  const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
  const error = statusError(
    status({ code: 504, reason: "Timeout", details: { causes, retryAfterSeconds: 1 } }),
  );
  assert.equal(error.fault, "too-large");
  assert.equal(error.retryAfter, 1000);
});

Deno.test("a version that an old server has not reached is reported by the message", () => {
  const message = "Timeout: Too large resource version: 99, current: 7";
  assert.equal(statusError(status({ code: 504, reason: "Timeout", message })).fault, "too-large");
});

Deno.test("another 504 is a fault of the server", () => {
  assert.equal(statusError(status({ code: 504, reason: "Timeout", message: "slow" })).fault, "server");
});

Deno.test("429 means busy, and the header wins over the Status", () => {
  const busy = status({ code: 429, reason: "TooManyRequests", details: { retryAfterSeconds: 5 } });
  assert.equal(statusError(busy).fault, "busy");
  assert.equal(statusError(busy).retryAfter, 5000);
  assert.equal(statusError(busy, 429, 2000).retryAfter, 2000);
  assert.match(statusError(busy, 429, 2000).message, /2 s/);
});

Deno.test("401 says how to get other credentials", () => {
  const error = statusError(status({ code: 401, reason: "Unauthorized" }));
  assert.equal(error.fault, "unauthorized");
  assert.match(error.message, /sign in.*service account/);
});

Deno.test("403 names the user, the verb, the resource, the scope and the file that grants it", () => {
  const message =
    'pods is forbidden: User "system:serviceaccount:k8svent:k8svent" cannot list resource "pods" ' +
    'in API group "" at the cluster scope';
  const error = statusError(status({ code: 403, reason: "Forbidden", message }), 403);
  assert.equal(error.fault, "forbidden");
  assert.equal(
    error.message,
    "The API server forbids system:serviceaccount:k8svent:k8svent to list pods in all namespaces (403). " +
      "kube/rbac.yaml grants it to the service account of k8svent: kubectl apply -f kube/rbac.yaml",
  );
});

Deno.test("403 of whom the file does not name says that it has to be named there", () => {
  const message =
    'pods is forbidden: User "system:serviceaccount:k8svent:default" cannot list resource "pods" ' +
    'in API group "" at the cluster scope';
  const error = statusError(status({ code: 403, reason: "Forbidden", message }), 403);
  assert.match(
    error.message,
    /grants it to system:serviceaccount:k8svent:k8svent alone; name system:serviceaccount:k8svent:default in its subjects: /,
  );
  assert.match(error.message, /: kubectl apply -f kube\/rbac\.yaml$/);
});

Deno.test("403 in one namespace names the namespaced file", () => {
  const message = 'pods is forbidden: User "jane" cannot watch resource "pods" in API group "" in the ' +
    'namespace "shop": RBAC: role.rbac.authorization.k8s.io "reader" not found';
  const error = statusError(status({ code: 403, reason: "Forbidden", message }), 403);
  assert.match(error.message, /forbids jane to watch pods in the namespace shop/);
  assert.match(error.message, /kubectl apply -n shop -f kube\/rbac-namespaced.yaml/);
});

Deno.test("403 about something else than pods names no file of ours", () => {
  const message =
    'users "bob" is forbidden: User "jane" cannot impersonate resource "users" in API group "" ' +
    "at the cluster scope";
  const error = statusError(status({ code: 403, reason: "Forbidden", message }), 403);
  assert.match(error.message, /forbids jane to impersonate users/);
  assert.doesNotMatch(error.message, /kube\//);
});

Deno.test("403 without a Status still says what is needed", () => {
  const error = statusError("<html>", 403);
  assert.equal(error.fault, "forbidden");
  assert.match(error.message, /get, list and watch on pods, which kube\/rbac.yaml grants/);
});

Deno.test("404 means missing", () => {
  const error = statusError(
    status({ code: 404, reason: "NotFound", message: 'pods "web-0" not found' }),
    404,
  );
  assert.equal(error.fault, "missing");
  assert.match(error.message, /pods "web-0" not found/);
});

Deno.test("what the server says is quoted without paths and URLs", () => {
  const message = 'Post "https://webhook.example/a-path?token=a-secret": refused, cannot get path "/a-path"';
  const error = statusError(status({ code: 500, reason: "InternalError", message }), 500);
  assert.equal(error.fault, "server");
  assert.match(error.message, /500, InternalError/);
  assert.doesNotMatch(error.message, /a-path|a-secret/);
});

Deno.test("a long message is cut", () => {
  const error = statusError(status({ code: 500, message: "x".repeat(10_000) }), 500);
  assert.ok(error.message.length < 300);
});

Deno.test("what is no Status is a breach of the protocol", () => {
  for (const value of [undefined, null, "text", [], { kind: "Pod" }, { kind: "Status" }]) {
    assert.equal(statusError(value).fault, "protocol", JSON.stringify(value));
  }
});

Deno.test("causes of an unexpected shape are survived", () => {
  for (const causes of [null, "text", [null], [{}], {}]) {
    assert.equal(statusError(status({ code: 500, details: { causes } })).fault, "server");
  }
});
