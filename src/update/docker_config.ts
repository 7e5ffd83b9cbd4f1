import { RegistryError } from "./registry_error.ts";
import { DOCKER_HUB } from "./image.ts";

/** A user's name and password for one registry, or an access token in place of the latter. */
export interface Credentials {
  user: string;
  password: string;
}

/** What each registry gets: by `HOST[:PORT]`, or `docker.io`. */
export type Keyring = ReadonlyMap<string, Credentials>;

/**
 * The credentials of a docker `config.json`, or of a Secret of the type kubernetes.io/dockerconfigjson. Read at
 * each use, since others rotate it. An identity token or a credential helper is not used: entries that have
 * nothing else are left out.
 *
 * @throws {RegistryError} `forbidden` where it cannot be read.
 */
export async function readDockerConfig(file: string): Promise<Keyring> {
  const text = await Deno.readTextFile(file).catch((cause: unknown) => {
    throw new RegistryError("forbidden", `the file of --registry-config, ${file}, ${whyUnreadable(cause)}`, {
      cause,
    });
  });
  const keyring = parseDockerConfig(text);
  if (keyring !== undefined) return keyring;
  throw new RegistryError("forbidden", `the file of --registry-config, ${file}, is no docker config.json`);
}

function whyUnreadable(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound) return "does not exist";
  if (cause instanceof Deno.errors.PermissionDenied) return "has permissions that forbid reading it";
  if (cause instanceof Deno.errors.NotCapable) return "is where this program may not read (--allow-read)";
  return "cannot be read";
}

/** Undefined for a text that is no docker `config.json`. */
export function parseDockerConfig(text: string): Keyring | undefined {
  const auths = parse(text)?.auths;
  if (typeof auths !== "object" || auths === null) return undefined;
  return new Map(
    Object.entries(auths).flatMap(([key, entry]) => {
      const credentials = readEntry(entry);
      return credentials === undefined ? [] : [[registryOf(key), credentials]];
    }),
  );
}

/** The key may be a URL, as docker writes it for Docker Hub: `https://index.docker.io/v1/`. */
function registryOf(key: string): string {
  const host = key.replace(/^https?:\/\//, "").replace(/\/.*$/s, "").toLowerCase();
  return /^(index\.|registry-1\.)?docker\.io$/.test(host) ? DOCKER_HUB : host;
}

function readEntry(entry: unknown): Credentials | undefined {
  const { username, password, auth } = (entry ?? {}) as Record<string, unknown>;
  if (typeof username === "string" && typeof password === "string") return { user: username, password };
  const [, user, secret] = /^([^:]+):(.+)$/s.exec(typeof auth === "string" ? decode(auth) : "") ?? [];
  return user === undefined || secret === undefined ? undefined : { user, password: secret };
}

function decode(base64: string): string {
  try {
    // Some tools pad it with zero bytes, which docker cuts off too.
    return new TextDecoder().decode(Uint8Array.fromBase64(base64.trim())).replace(/\0+$/, "");
  } catch {
    return "";
  }
}

function parse(text: string): { auths?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
