import assert from "node:assert/strict";
import { type Keyring, noCredentials } from "../../src/update/docker_config.ts";
import type { HttpGet } from "../../src/update/http_get.ts";
import { parseImage } from "../../src/update/image.ts";
import { Registry } from "../../src/update/registry.ts";
import { RegistryError } from "../../src/update/registry_error.ts";

/** Never aborts. */
export const forever = new AbortController().signal;

/** What is answered to a GET: by its URL, given the credentials that came along. */
export type Reply = { status?: number; headers?: Record<string, string>; body?: unknown };
export type Script = (url: string, authorization: string | undefined) => Reply;

/** A registry that is a script, and what it was asked. */
export interface Opened {
  registry: Registry;
  /** Each request: its URL and, where any came along, the credentials. */
  asked: string[];
}

/** By default for the image `team/k8svent` of r.example.com, without credentials. */
export function open(
  script: Script,
  { image = "r.example.com/team/k8svent:latest", keyring = noCredentials, insecure = [] as string[] } = {},
): Opened {
  const asked: string[] = [];
  const get: HttpGet = (url, headers) => {
    const { authorization } = headers;
    asked.push([url.href, authorization].filter(Boolean).join(" "));
    const { status = 200, headers: answered = {}, body = "" } = script(url.href, authorization);
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return Promise.resolve({ status, headers: new Headers(answered), body: new TextEncoder().encode(text) });
  };
  const parsed = parseImage(image);
  assert(parsed !== undefined);
  const deps = {
    get,
    keyring: () => Promise.resolve(keyring),
    insecure,
    userAgent: "k8svent/1",
    platform: "linux/arm64",
  };
  return { registry: new Registry(parsed, { ...deps, now: () => 0 }), asked };
}

/** The clause of the error that the registry's tags end in. */
export async function complaint({ registry }: Opened): Promise<string> {
  const error = await registry.tags(forever).then(() => undefined, (error: unknown) => error);
  assert(error instanceof RegistryError, String(error));
  return `${error.fault}: ${error.message}`;
}

/** Of one registry; several are tried in their order. */
export function keyringOf(host: string, ...pairs: string[]): Keyring {
  return ({ registry }) => ({
    credentials: registry !== host ? [] : pairs.map((pair) => {
      const [user = "", password = ""] = pair.split(":");
      return { user, password };
    }),
  });
}
