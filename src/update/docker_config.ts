import { RegistryError } from "./registry_error.ts";
import { readBytesAgain } from "../runtime/named_text.ts";
import { DOCKER_HUB, type Image } from "./image.ts";

/*
 * The credentials of a docker `config.json`, of a Secret of the type kubernetes.io/dockerconfigjson, or of the older
 * kubernetes.io/dockercfg, whose entries stand at the top. Which of them an image gets is the kubelet's rule
 * (k8s.io/kubernetes, pkg/credentialprovider), so that the updater reads with what the node pulls with:
 *
 * - A key is `[http[s]://]HOST[:PORT][/PATH]`. `*` in HOST stands for a part between two dots or for some of it; the
 *   port must be the image's, named or not; PATH must begin the repository. `/v1/` and `/v2/` count as no path.
 * - All keys that fit are tried, in reverse order of their text: the longer path before the shorter one.
 * - Docker Hub is `docker.io`, or `index.docker.io` where no key fits; `registry-1.docker.io`, the host of its API,
 *   counts as the latter.
 * - `auth` comes before `username` and `password`. It is base64, with or without padding and new lines.
 *
 * It is more lenient in three things that change nothing about who gets a password: hosts and schemes may be in upper
 * case, a byte order mark (and UTF-16, as PowerShell writes it) is read, and an entry that is broken spoils itself
 * alone. What the kubelet has no use for is none here either, but it is said: credential helpers, identity tokens.
 */

/** A user's name and password for one registry, or an access token in place of the latter. */
export interface Credentials {
  user: string;
  /** May be empty. */
  password: string;
}

/** What is known of one image. */
export interface Found {
  /** In the order in which they are to be tried. */
  credentials: Credentials[];
  /** Why there are none, though the file has something for this image; a clause. */
  unusable?: string;
}

/** The credentials that a file has. */
export type Keyring = (image: Pick<Image, "registry" | "repository">) => Found;

/** Where no file is given. */
export const noCredentials: Keyring = () => ({ credentials: [] });

/**
 * Reads the file, at each use, since others rotate it.
 *
 * @throws {RegistryError} `forbidden` where it cannot be read.
 */
export async function readDockerConfig(file: string): Promise<Keyring> {
  const bytes = await readBytesAgain(file).catch((cause: unknown) => {
    throw new RegistryError(
      "forbidden",
      `the file of --registry-config, ${file}, ${whyUnreadable(cause, file)}`,
      {
        cause,
      },
    );
  });
  const text = decodeText(bytes);
  const keyring = parseDockerConfig(text);
  if (keyring !== undefined) return keyring;
  throw new RegistryError(
    "forbidden",
    `the file of --registry-config, ${file}, is not a docker config.json${whatInstead(text)}`,
  );
}

/** What people put there in its place, and how to get from it to the file. */
function whatInstead(text: string): string {
  if (text.trim() === "") return ": it is empty";
  // As every text begins whose first letter is a brace.
  if (/^\s*e[wy][A-Za-z0-9+/\s]*=*\s*$/.test(text)) return ", but base64 of one: decode it once (base64 -d)";
  return SECRET.test(text)
    ? ", but a Secret: take what its .dockerconfigjson holds, decoded (base64 -d)"
    : "";
}

const SECRET = /(^|[{,])\s*"?kind"?:\s*"?Secret\b/m;

function whyUnreadable(cause: unknown, file: string): string {
  if (cause instanceof Deno.errors.NotFound) {
    return file.startsWith("~/")
      ? "begins with ~, which only a shell fills in: write it out"
      : "does not exist";
  }
  if (cause instanceof Deno.errors.PermissionDenied) return "has permissions that forbid reading it";
  if (cause instanceof Deno.errors.NotCapable) {
    return "is where this program may not read: mount it below /var/run/secrets/k8svent";
  }
  if (cause instanceof Deno.errors.IsADirectory) return "is a folder: name the file in it";
  if (cause instanceof Deno.errors.NotSupported) return "is no plain file";
  return "cannot be read";
}

/** UTF-8, or UTF-16 by its byte order mark, which is no part of the text. */
function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  return new TextDecoder().decode(bytes);
}

/** Undefined for a text that is no docker `config.json`. */
export function parseDockerConfig(text: string): Keyring | undefined {
  const config = parseObject(text);
  if (config === undefined || config["kind"] === "Secret") return undefined;
  const auths = field(config, "auths") ?? (isOlderForm(config) ? config : {});
  if (!isObject(auths)) return undefined;
  const entries = Object.entries(auths).flatMap(([key, value]) => {
    const place = readKey(key);
    return place === undefined ? [] : [{ ...place, ...readEntry(value) }];
  }).toSorted((a, b) => a.key < b.key ? 1 : a.key > b.key ? -1 : 0);
  return (image) => {
    const found = entries.filter((entry) => fits(entry, image));
    const tried = found.length > 0 || image.registry !== DOCKER_HUB
      ? found
      : entries.filter(({ key }) => key === "index.docker.io" || key === "registry-1.docker.io");
    const credentials = tried.flatMap((entry) => entry.credentials ?? []);
    if (credentials.length > 0) return { credentials };
    const unusable = tried.find((entry) => entry.unusable !== undefined)?.unusable ??
      whyHelpless(config, image);
    return { credentials, ...unusable !== undefined && { unusable } };
  };
}

/** `dockercfg`: nothing but entries. */
function isOlderForm(config: Record<string, unknown>): boolean {
  return field(config, "credhelpers") === undefined && Object.values(config).every(isObject);
}

/** Where an entry's credentials belong. */
interface Place {
  /** Host, port and path: what entries are sorted by. */
  key: string;
  /** Of hosts with their ports. */
  pattern: RegExp;
  /** With a slash before it; empty: any. */
  path: string;
}

/** Scheme, user and query count for nothing; a port is a number, as in any URL. */
const KEY =
  /^(?:https?:\/\/)?(?:[^/?#@]*@)?(\[[0-9a-f:]+\]|[^:/?#\s[\]]+)(?::(\d*))?(\/[^?#]*)?(?:[?#].*)?$/i;

function readKey(text: string): Place | undefined {
  const [, name, port = "", rest = ""] = KEY.exec(text) ?? [];
  if (name === undefined) return undefined;
  const host = name.toLowerCase() + (port === "" ? "" : `:${port}`);
  const path = decodePath(rest)?.replace(/^\/v[12]\//, "/").replace(/^\/$/, "");
  if (path === undefined) return undefined;
  const pattern = RegExp.escape(host).replaceAll("\\*", "[^.:]*");
  return { key: host + path, pattern: new RegExp(`^${pattern}$`), path };
}

/** Undefined where a `%` encodes nothing: no URL has that. */
function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function fits({ pattern, path }: Place, { registry, repository }: Parameters<Keyring>[0]): boolean {
  return pattern.test(registry) && `/${repository}`.startsWith(path);
}

/** Neither of the two: an entry that says nothing, as docker leaves one behind for its helpers. */
function readEntry(value: unknown): { credentials?: Credentials; unusable?: string } {
  if (value === null) return {};
  if (!isObject(value)) return { unusable: "its entry there is not an object" };
  const [auth, user, password, identity, registry] = [
    "auth",
    "username",
    "password",
    "identitytoken",
    "registrytoken",
  ].map((name) => field(value, name) ?? "");
  if (typeof auth !== "string" || typeof user !== "string" || typeof password !== "string") {
    return { unusable: "its entry there has a field that is not a string" };
  }
  const pair = auth === "" ? { user, password } : decodeAuth(auth);
  if (pair === undefined) return { unusable: "its auth there is not the base64 of USER:PASSWORD" };
  const hasToken = Boolean(identity) || Boolean(registry);
  // With a token beside it, a name without a password is a placeholder.
  if (pair.password === "" && hasToken) {
    return { unusable: "it has a token there which the kubelet does not use either: give name and password" };
  }
  if (pair.user !== "") return { credentials: pair };
  return pair.password === "" ? {} : { unusable: "it has no user's name there" };
}

function decodeAuth(base64: string): Credentials | undefined {
  try {
    // Some tools pad it with zero bytes, which docker cuts off too.
    const text = new TextDecoder().decode(Uint8Array.fromBase64(base64)).replace(/\0+$/, "");
    const [, user, password] = /^([^:]*):(.*)$/s.exec(text) ?? [];
    return user === undefined || password === undefined ? undefined : { user, password };
  } catch {
    return undefined;
  }
}

/** A helper is a program on the machine of whoever ran `docker login`. */
function whyHelpless(
  config: Record<string, unknown>,
  { registry }: Parameters<Keyring>[0],
): string | undefined {
  const helpers = field(config, "credhelpers");
  const own = isObject(helpers) ? Object.keys(helpers).flatMap((key) => readKey(key) ?? []) : [];
  const hosts = registry === DOCKER_HUB ? [registry, "index.docker.io"] : [registry];
  if (own.some(({ pattern }) => hosts.some((host) => pattern.test(host)))) return `credHelpers ${HELPLESS}`;
  return field(config, "credsstore") ? `credsStore ${HELPLESS}` : undefined;
}

const HELPLESS = "names a credential helper, which is not run here: put name and password into auths";

/** As Go reads JSON: whatever the case of the name; the last one counts. */
function field(object: Record<string, unknown>, name: string): unknown {
  return Object.entries(object).findLast(([key]) => key.toLowerCase() === name)?.[1];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `null` says as much as an empty object. */
function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, "")) ?? {};
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
