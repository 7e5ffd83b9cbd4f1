// deno-lint-ignore-file explicit-function-return-type -- the type of a schema is the schema once more
import * as v from "valibot";
import { SCHEMES } from "../delivery/sign.ts";
import { REASONS } from "../change/reasons.ts";
import { parseTimeout } from "./duration.ts";
import {
  bareUrl,
  endpointName,
  headerValue,
  proxyUrl,
  scheme,
  scope,
  serverName,
  username,
  webhookUrl,
} from "./endpoint_value.ts";
import { type ReadRule, selector } from "./rules.ts";
import { flag, list, map, measure, number, text, word } from "./shape.ts";
import { name, namespace } from "./value.ts";

/** What reads the strings that only the file's place, or a library, can tell about. */
export interface Readers {
  /** Turns the path of a file, as it was written, into one that can be opened. */
  file: ReadRule;
  /** CEL. */
  filter: ReadRule;
  /** RE2. */
  pattern: ReadRule;
}

const WHAT = ["all", "secrets", "none"] as const;

/** What `endpoints:` and `defaults:` have in common. */
export function sharedEntries({ file, filter, pattern }: Readers) {
  return {
    ...wayEntries(file),
    namespaces: v.optional(
      list("only pods of these namespaces", text("a namespace", namespace)),
    ),
    excludeNamespaces: v.optional(
      list("no pods of these namespaces", text("a namespace", namespace)),
    ),
    selector: v.optional(text("only pods with these labels, as kubectl's --selector", selector)),
    reasons: v.optional(
      list(
        "only messages with one of these reasons",
        v.pipe(word("why a message is sent", ...REASONS), v.title("reasons")),
        1,
        ", with which nothing would be sent: leave it out for all reasons",
      ),
    ),
    filter: v.optional(text("only messages for which this CEL expression is true", filter)),
    onError: v.optional(
      word("what becomes of a message whose filter cannot be evaluated; send by default", "send", "drop"),
    ),
    redact: v.optional(map("what is masked before a pod is sent; nothing by default", {
      env: v.optional(word("literal values of environment variables", ...WHAT)),
      args: v.optional(word("command and args of containers", ...WHAT)),
      annotations: v.optional(word("values of annotations", ...WHAT)),
      probeHeaders: v.optional(word("headers of probes and lifecycle hooks", ...WHAT)),
      patterns: v.optional(
        list("what these patterns (RE2) match anywhere in the pod", text("a pattern", pattern)),
      ),
    })),
    notices: v.optional(
      flag("send also gaps, inventories, failures of other endpoints, signs of life; false by default"),
    ),
  };
}

/** How a request reaches the receiver, and by what the receiver knows the sender. */
function wayEntries(file: ReadRule) {
  return {
    secretFiles: v.optional(
      list(
        "sign with the secrets in these files, one a line; by default what --secret-file names",
        text("a file", file),
        1,
        ", which names no secret: leave it out, or send unsigned with signatures: []",
      ),
    ),
    signatures: v.optional(
      list("which signatures are sent; all by default, and [] sends unsigned", word("a scheme", ...SCHEMES)),
    ),
    headers: v.optional(v.pipe(
      v.record(
        v.string(),
        map("value or file", {
          value: v.optional(text("what is sent, for all to read", headerValue)),
          file: v.optional(text("the file that holds it", file)),
        }),
        "\0 must be a map of headers, each with value or file.",
      ),
      v.description("headers that are added to each request"),
    )),
    basicAuth: v.optional(map("HTTP basic authentication", {
      username: text("the user", username),
      passwordFile: text("the file that holds the password", file),
    })),
    authorization: v.optional(map("the header authorization: TYPE CREDENTIALS", {
      type: v.optional(text("the scheme; Bearer by default", scheme)),
      credentialsFile: text("the file that holds the credentials, such as a token", file),
    })),
    oauth2: v.optional(map("a token by the client credentials grant (RFC 6749, 4.4)", {
      clientId: text("the client", name),
      clientSecretFile: text("the file that holds the client's secret", file),
      tokenUrl: text("where the token is asked for", bareUrl),
      scopes: v.optional(list("what the token is for", text("a scope", scope))),
      audience: v.optional(text("whom the token is for", name)),
      resource: v.optional(text("the same, as RFC 8707 has it", name)),
      allowHttp: v.optional(
        flag("whether tokenUrl may be http:// though it leads to another machine; false by default"),
      ),
      authStyle: v.optional(
        word(
          "where the client's secret goes: the header authorization, by default, or the body",
          "header",
          "params",
        ),
      ),
    })),
    tls: v.optional(map("TLS with the receiver; files are PEM, and read again when they change", {
      caFile: v.optional(text("authorities that are trusted besides the usual ones", file)),
      certFile: v.optional(text("the client's certificate", file)),
      keyFile: v.optional(text("its key", file)),
      serverName: v.optional(
        text("the name that the certificate must hold, in place of the URL's host", serverName),
      ),
    })),
    proxyUrl: v.optional(text("the proxy, in place of the one that the variables name", proxyUrl)),
    timeout: v.optional(
      measure("how long one attempt may take; 15s by default", parseTimeout, "duration"),
    ),
    concurrency: v.optional(number("how many requests at once; 16 by default", 1, 1000, true)),
    rate: v.optional(number("requests a second at the most; no limit by default", 0.001, 100_000, false)),
  };
}

/** One of `endpoints:`. */
export function endpointSchema(readers: Readers) {
  return map("a receiver", {
    name: text("what it is called in the log, metrics and the state file", endpointName),
    url: v.optional(text("where messages are sent", webhookUrl)),
    urlFile: v.optional(text("the file that holds the URL, where that is a secret", readers.file)),
    ...sharedEntries(readers),
  });
}
