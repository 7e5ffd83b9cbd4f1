import type * as v from "valibot";
import type { Auth, HeaderSetting, RedactProfile } from "../route/endpoint_settings.ts";
import type { Path } from "./document.ts";
import type { EndpointLayer } from "./endpoint_layer.ts";
import type { endpointSchema, sharedEntries } from "./endpoint_schema.ts";
import { headerFault } from "./endpoint_value.ts";
import { PLACE, type Wrong } from "./sentence.ts";

/*
 * One endpoint of the configuration file, or its `defaults:`: what the schema cannot say about it, since it is wrong only
 * together, and how it becomes a layer of settings.
 */

type Shared = v.InferOutput<v.ObjectSchema<ReturnType<typeof sharedEntries>, undefined>>;
type Entry = Partial<Omit<v.InferOutput<ReturnType<typeof endpointSchema>>, keyof Shared>> & Shared;

/** What the file says of an endpoint, as the other layers say it. */
export function endpointOf(
  { name: _, url, urlFile, headers, basicAuth, authorization, oauth2, redact, filter, ...same }: Entry,
): { url?: URL; layer: EndpointLayer } {
  const auth = authOf({ basicAuth, authorization, oauth2 });
  const layer = {
    ...same,
    ...urlFile !== undefined && { urlFile },
    ...headers !== undefined && { headers: headersOf(headers) },
    ...auth !== undefined && { auth },
    ...redact !== undefined && { redact: { ...NOTHING, ...redact } },
    ...filter !== undefined && { expression: filter },
  } as EndpointLayer;
  return url === undefined ? { layer } : { url, layer };
}

const NOTHING: RedactProfile = {
  env: "none",
  args: "none",
  annotations: "none",
  probeHeaders: "none",
  patterns: [],
};

function headersOf(headers: Exclude<Shared["headers"], undefined>): HeaderSetting[] {
  return Object.entries(headers).map(([written, { value, file }]) => {
    const name = written.toLowerCase();
    return file === undefined ? { name, value: value ?? "" } : { name, file };
  });
}

function authOf(
  { basicAuth, authorization, oauth2 }: Pick<Shared, "basicAuth" | "authorization" | "oauth2">,
): Auth | undefined {
  if (basicAuth !== undefined) return { kind: "basic", ...basicAuth };
  if (authorization !== undefined) {
    const { type = "Bearer", credentialsFile } = authorization;
    return { kind: "authorization", type, credentialsFile };
  }
  if (oauth2 === undefined) return undefined;
  return { kind: "oauth2", scopes: [], authStyle: "header", ...oauth2 } as Auth;
}

type Raw = Record<string, unknown>;

/** What is wrong in the endpoints and their defaults only together. @param value of the file; of whatever shape */
export function endpointFaults(value: unknown): Wrong[] {
  const { defaults, endpoints } = fields(value);
  const list = Array.isArray(endpoints) ? endpoints : [];
  return [
    ...togetherFaults(fields(defaults), ["defaults"]),
    ...list.flatMap((entry: unknown, index) => {
      const path = ["endpoints", index];
      return entry === null || typeof entry !== "object"
        ? []
        : [...urlFaults(fields(entry), path), ...togetherFaults(fields(entry), path)];
    }),
    ...sameNames(list),
  ];
}

function fields(value: unknown): Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Raw : {};
}

function urlFaults(entry: Raw, path: Path): Wrong[] {
  if ("url" in entry && "urlFile" in entry) {
    return [{ path, message: `${PLACE} has url and urlFile: keep one of them.` }];
  }
  if ("url" in entry || "urlFile" in entry) return [];
  return [{ path, message: `${PLACE} has no url: say where to send, with url or urlFile.` }];
}

const AUTHS = ["basicAuth", "authorization", "oauth2"];

function togetherFaults(entry: Raw, path: Path): Wrong[] {
  const faults: Wrong[] = [];
  const auths = AUTHS.filter((key) => key in entry);
  const [, second] = auths;
  if (second !== undefined) {
    faults.push({
      path: [...path, second],
      message: `${PLACE} is one way to authenticate too many, beside ${auths[0]}: keep one of them.`,
    });
  }
  const { certFile, keyFile } = fields(entry["tls"]);
  if ((certFile === undefined) !== (keyFile === undefined)) {
    const [has, lacks] = certFile === undefined ? ["keyFile", "certFile"] : ["certFile", "keyFile"];
    faults.push({
      path: [...path, "tls"],
      message: `${PLACE} has ${has} without ${lacks}: a client shows both.`,
    });
  }
  return [...faults, ...headerFaults(entry, [...path, "headers"], auths[0]), ...namespaceFaults(entry, path)];
}

function headerFaults(entry: Raw, path: Path, auth: string | undefined): Wrong[] {
  const seen = new Set<string>();
  return Object.entries(fields(entry["headers"])).flatMap(([written, setting]): Wrong[] => {
    const name = written.toLowerCase();
    const at = [...path, written];
    const fault = headerFault(name, "value" in fields(setting));
    const isTwice = seen.has(name);
    seen.add(name);
    if (fault !== undefined) return [{ path: at, message: `${PLACE} ${fault}` }];
    if (isTwice) return [{ path: at, message: `${PLACE} is set twice: case does not tell headers apart.` }];
    if (name === "authorization" && auth !== undefined) {
      return [{ path: at, message: `${PLACE} is what ${auth} sets: keep one of them.` }];
    }
    const given = ["value", "file"].filter((key) => key in fields(setting)).length;
    if (given === 1 || setting === null || typeof setting !== "object") return [];
    return [{ path: at, message: `${PLACE} needs one of value and file.` }];
  });
}

function namespaceFaults({ namespaces, excludeNamespaces }: Raw, path: Path): Wrong[] {
  if (!Array.isArray(namespaces) || !Array.isArray(excludeNamespaces) || namespaces.length === 0) return [];
  if (namespaces.some((name) => !excludeNamespaces.includes(name))) return [];
  return [{
    path: [...path, "excludeNamespaces"],
    message: `${PLACE} excludes all that namespaces names: no pod is left.`,
  }];
}

function sameNames(list: readonly unknown[]): Wrong[] {
  const first = new Map<unknown, number>();
  return list.flatMap((entry, index): Wrong[] => {
    const { name } = fields(entry);
    const before = first.get(name);
    if (typeof name !== "string" || before === undefined) {
      first.set(name, index);
      return [];
    }
    return [{
      path: ["endpoints", index, "name"],
      message: `${PLACE} is the name of endpoints[${before}], too: an endpoint is known by its name.`,
    }];
  });
}
