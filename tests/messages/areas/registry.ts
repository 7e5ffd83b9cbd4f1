import { MARK } from "../../kit/confidential.ts";
import { type Area, HOOK, http, routing, saying, type Situation, type Start } from "../situation.ts";

/** A look at the image's registry, which says what it finds. */
function looking(registry: Start, ...args: string[]): Situation {
  const host = "127.0.0.1:{registry.port}";
  return {
    args: [...HOOK, "--image", `${host}/k8svent:latest`, "--insecure-registry", host, ...args],
    servers: { registry },
    until: "Update",
  };
}

const PASSWORD_WANTED = saying(http("401 Unauthorized", "", 'www-authenticate: Basic realm="x"'));

/** A registry that wants a password, and the file that should hold it. */
function config(files: Record<string, string>): Situation {
  return { ...looking(PASSWORD_WANTED, "--registry-config", "{dir}/config.json"), files };
}

/** What that file holds. */
function entry(text: string): string {
  return `{"auths":{"127.0.0.1:{registry.port}":{${text}}}}`;
}

const AUTHS = entry(`"auth":"${btoa(`me:${MARK}`)}"`);
const MANIFEST = '{"schemaVersion":2,"config":{"digest":"sha256:0"}}';
const MANIFEST_TYPE = "content-type: application/vnd.oci.image.manifest.v1+json";
const JSON_TYPE = "content-type: application/json";

export const REGISTRY: Area = {
  "A registry that nobody has started": {
    args: [
      ...HOOK,
      ...["--image", "127.0.0.1:{free}/k8svent:latest", "--insecure-registry", "127.0.0.1:{free}"],
    ],
    until: "Update",
  },
  "A registry whose name does not exist": {
    args: [...HOOK, "--image", "no-such-host.invalid/k8svent:latest"],
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
  "A registry that redirects without end": looking(
    saying(http("302 Found", "", "location: /v2/again")),
  ),
  "A registry that answers 405 to the list of tags": looking(
    routing((path) => http(path.includes("/tags/") ? "405 Method Not Allowed" : "200 OK")),
  ),
  "A registry that lets pull and not list": looking(
    routing((path) =>
      path.includes("/tags/") ? http("403 Forbidden") : http("200 OK", MANIFEST, MANIFEST_TYPE)
    ),
  ),
  "A registry whose tags are no list": looking(saying(http("200 OK", '{"tags":"latest"}', JSON_TYPE))),
  "A registry whose pages lead in a circle": looking(
    saying(http("200 OK", '{"tags":["a"]}', JSON_TYPE, 'link: </v2/k8svent/tags/list?n=1>; rel="next"')),
  ),
  "A registry that wants a token of nobody": looking(
    saying(http("401 Unauthorized", "", 'www-authenticate: Bearer realm="http://127.0.0.1:{free}/token"')),
  ),
  "A registry that wants what is not known": looking(
    saying(http("401 Unauthorized", "", "www-authenticate: Negotiate abc")),
  ),
  "A registry that refuses the password": config({ "config.json": AUTHS }),
  "A --registry-config that is missing": config({}),
  "A --registry-config that is a folder": config({ "config.json/": "" }),
  "A --registry-config that is no JSON": config({ "config.json": "auths:\n" }),
  "A --registry-config that is something else": config({ "config.json": "[]" }),
  "A --registry-config that is a Secret": config({
    "config.json": `apiVersion: v1\nkind: Secret\ndata:\n  .dockerconfigjson: ${btoa('{"auths":{}}')}\n`,
  }),
  "A --registry-config in base64": config({ "config.json": btoa('{"auths":{}}') }),
  "A --registry-config that is empty": config({ "config.json": "" }),
  "A --registry-config of a docker with helpers": config({ "config.json": '{"credsStore":"desktop"}' }),
  "A --registry-config with an auth that is none": config({ "config.json": entry('"auth":"bm8gY29sb24="') }),
  "A --registry-config with an auth that is no text": config({ "config.json": entry('"auth":1') }),
  "A --registry-config with a password and no user": config({ "config.json": entry(`"password":"${MARK}"`) }),
  "A --registry-config with a token of the registry's own": config({
    "config.json": entry(`"identitytoken":"${MARK}"`),
  }),
  "A --registry-config below a tilde": {
    ...looking(PASSWORD_WANTED, "--registry-config", "~/.docker/config.json"),
  },
  "A tag that is fixed": {
    args: [...HOOK, "--image", "127.0.0.1:{free}/k8svent:0.1.0"],
    until: "Update",
  },
  "An image by its digest": {
    args: [...HOOK, "--image", `127.0.0.1:{free}/k8svent@sha256:${"0".repeat(64)}`],
    until: "Update",
  },
};
