import { hostFault } from "../runtime/host_name.ts";
import { parseProxy } from "../runtime/proxy.ts";
import { UsageError } from "./usage_error.ts";
import { isEndpointName } from "./value.ts";
import { parseWebhookUrl } from "./webhook_url.ts";

/*
 * What stands in an endpoint of the configuration file. Each takes a text and its place for the error, which shows nothing
 * of the text.
 */

/** An endpoint's identity. */
export function endpointName(value: string, from: string): string {
  if (isEndpointName(value)) return value;
  throw new UsageError(`${from} must be a name of at most 63 letters, digits, ".", "_" and "-".`);
}

/** Where messages go. Its path may be a secret of the operator's; a user and a password always are. */
export function webhookUrl(value: string, from: string): URL {
  const url = parseWebhookUrl(value, from, "file");
  if (url.username === "" && url.password === "") return url;
  throw new UsageError(
    `${from} holds a user or a password, and no secret stands in this file: use basicAuth with passwordFile, or urlFile.`,
  );
}

/** A URL that is no webhook. */
export function bareUrl(value: string, from: string): URL {
  const url = parseWebhookUrl(value, from, "file");
  if (url.username === "" && url.password === "") return url;
  throw new UsageError(
    `${from} holds a user or a password, and no secret stands in this file: leave them out.`,
  );
}

/** A proxy. */
export function proxyUrl(value: string, from: string): URL {
  const proxy = parseProxy(value, from);
  if ("problem" in proxy) throw new UsageError(`${proxy.problem}.`);
  if (proxy.user !== undefined) {
    throw new UsageError(
      `${from} holds a user or a password, and no secret stands in this file: ` +
        "name such a proxy in the variable HTTPS_PROXY or HTTP_PROXY.",
    );
  }
  return new URL(`${proxy.scheme}://${proxy.label}`);
}

/** What a header can carry (RFC 9110, 5.5), in ASCII. A line break would begin another header. */
export function headerValue(value: string, from: string): string {
  if (/[\r\n]/.test(value)) {
    throw new UsageError(`${from} holds a line break, which would begin another header.`);
  }
  if (!/^[!-~]([ -~\t]{0,4094}[!-~])?$/.test(value)) {
    throw new UsageError(
      `${from} must be 1 to 4096 printable ASCII characters, without a space at either end.`,
    );
  }
  if (/\b(Bearer|Basic)\s+\S{8,}|\beyJ[\w-]+\.|\bwhsec_/i.test(value)) {
    throw new UsageError(
      `${from} looks like a secret, and none stands in this file: name the file that holds it with file.`,
    );
  }
  return value;
}

/** Sets what the program itself says, or how a request is framed, or what a proxy on the way would take for its own. */
const RESERVED =
  /^(host|content-.*|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|webhook-.*|k8svent-.*|x-hub-.*|x-atomist-.*)$/;

/** Headers whose value is a secret by what they are for. */
const SECRET = /^(authorization|cookie|.*[-_]?(api-?key|token|secret|password|auth-key)([-_].*)?)$/;

/**
 * What is wrong with a header's name; undefined: nothing.
 *
 * @param name in lower case
 * @param isInline whether its value stands in the file
 */
export function headerFault(name: string, isInline: boolean): string | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]{1,256}$/.test(name)) {
    return "is no header's name: that is letters, digits and hyphens, without a colon and spaces.";
  }
  if (RESERVED.test(name)) return "cannot be set here: k8svent or the connection sets it.";
  if (isInline && SECRET.test(name)) {
    return "would hold a secret, and none stands in this file: name the file that holds it with file.";
  }
  return undefined;
}

/** The user of basic authentication, which ends at the first colon (RFC 7617). */
export function username(value: string, from: string): string {
  if (/^[^:\p{Cc}]{1,256}$/u.test(value)) return value;
  throw new UsageError(`${from} must be 1 to 256 characters without a colon.`);
}

/** The scheme of an `authorization` header. */
export function scheme(value: string, from: string): string {
  if (/^basic$/i.test(value)) throw new UsageError(`${from} must not be Basic: use basicAuth.`);
  if (/^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(value)) return value;
  throw new UsageError(`${from} must be one word such as Bearer.`);
}

/** RFC 6749, 3.3. */
export function scope(value: string, from: string): string {
  if (/^[!#-[\]-~]+$/.test(value)) return value;
  throw new UsageError(
    `${from} must be one scope, without spaces and quotes: write each as an entry of its own.`,
  );
}

/** A name as it stands in certificates. */
export function serverName(value: string, from: string): string {
  if (/^[a-z0-9_.-]+$/i.test(value) && !value.endsWith(".")) {
    const fault = hostFault(value);
    if (fault === undefined) return value.toLowerCase();
    throw new UsageError(`${from} ${fault}.`);
  }
  throw new UsageError(`${from} must be a host's name such as hooks.example.com, without scheme and port.`);
}
