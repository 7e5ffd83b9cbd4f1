import { ANY_HOOK, type Area, http, saying, type Situation, type Start } from "../situation.ts";

/** A look at the image's registry, which says what it finds. */
function looking(registry: Start, ...args: string[]): Situation {
  const host = "127.0.0.1:{registry.port}";
  return {
    args: [...ANY_HOOK, "--image", `${host}/k8svent:latest`, "--insecure-registry", host, ...args],
    servers: { registry },
    until: "Update",
  };
}

const JSON_TYPE = "content-type: application/json";

export const REGISTRY: Area = {
  "A registry that nobody has started": {
    args: [
      ...ANY_HOOK,
      ...["--image", "127.0.0.1:{free}/k8svent:latest", "--insecure-registry", "127.0.0.1:{free}"],
    ],
    until: "Update",
  },
  "A registry whose name does not exist": {
    args: [...ANY_HOOK, "--image", "no-such-host.invalid/k8svent:latest"],
    until: "Update",
  },
  "A registry that answers 401": looking(saying(http("401 Unauthorized"))),
  "A registry that answers 403": looking(saying(http("403 Forbidden"))),
  "A registry that does not know the image": looking(saying(http("404 Not Found", "{}", JSON_TYPE))),
  "A registry that asks to wait": looking(saying(http("429 Too Many Requests", "", "retry-after: 60"))),
  "A registry that fails": looking(saying(http("500 Internal Server Error"))),
  "A registry that answers with a page": looking(
    saying(http("200 OK", "<html></html>", "content-type: text/html")),
  ),
  "A registry without tags": looking(saying(http("200 OK", '{"name":"k8svent","tags":[]}', JSON_TYPE))),
  "A tag that is fixed": {
    args: [...ANY_HOOK, "--image", "127.0.0.1:{free}/k8svent:0.1.0"],
    until: "Update",
  },
  "An image by its digest": {
    args: [...ANY_HOOK, "--image", `127.0.0.1:{free}/k8svent@sha256:${"0".repeat(64)}`],
    until: "Update",
  },
};
