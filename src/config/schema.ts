// deno-lint-ignore-file explicit-function-return-type -- the type of a schema is the schema once more
import * as v from "valibot";
import { parseAddress } from "./address.ts";
import { parseDuration } from "./duration.ts";
import { endpointSchema, type Readers, sharedEntries } from "./endpoint_schema.ts";
import { type ReadRule, selector } from "./rules.ts";
import { flag, list, map, measure, text, word } from "./shape.ts";
import { parseSize } from "./size.ts";
import { image, registry, updateInterval } from "./update_value.ts";
import { environmentName, headerText, hostPattern, name, namespace, path } from "./value.ts";

/** What the file says of the program as a whole: the long names of flags, in camel case. */
function settingEntries(file: ReadRule) {
  return {
    ...clusterEntries(file),
    once: v.optional(flag("send every pod once, then exit; false by default")),
    podWebhooks: v.optional(
      list(
        "honour a pod's annotation atomist.com/k8vent for URLs of these hosts",
        text("a host", hostPattern),
      ),
    ),
    state: v.optional(text("keep what is known and pending in this file", path)),
    stateMax: v.optional(measure("disk for what is known and pending; 1Gi by default", parseSize, "size")),
    buffer: v.optional(measure("memory for what is pending; 64Mi by default", parseSize, "size")),
    listen: v.optional(
      text(
        "HOST:PORT where probes and metrics are answered; off by default",
        parseAddress,
        "HOST:PORT, such as :8080",
      ),
    ),
    adminListen: v.optional(
      text(
        "HOST:PORT where a page and an API are served to operate it; off by default",
        parseAddress,
        "HOST:PORT, such as 127.0.0.1:9090",
      ),
    ),
    adminTokenFile: v.optional(text("who asks there must show the token in this file", file)),
    showPayloads: v.optional(flag("show message bodies there, too; false by default")),
    interval: v.optional(
      measure(
        "how often poll lists, and unhealthy pods are sent again; 2m by default",
        parseDuration,
        "duration",
      ),
    ),
    source: v.optional(word("follow each change, or list every interval; watch by default", "watch", "poll")),
    shutdownTimeout: v.optional(
      measure("how long to go on delivering after SIGTERM; 20s by default", parseDuration, "duration"),
    ),
    heartbeat: v.optional(
      measure(
        "a sign of life this often to endpoints with notices: true; off by default",
        parseDuration,
        "duration",
      ),
    ),
    environment: v.optional(text("a name for this environment, sent with every message", headerText)),
    cluster: v.optional(text("a name for this cluster, sent with every message", headerText)),
    payload: v.optional(word("the form of the body; k8svent by default", "k8svent", "k8vent")),
    payloadEnv: v.optional(
      list("variables to send with payload: k8vent", text("a variable's name", environmentName)),
    ),
    logLevel: v.optional(word("how much is logged; info by default", "debug", "info", "warn", "error")),
    logFormat: v.optional(word("text on a terminal, JSON lines otherwise", "json", "text")),
    update: v.optional(
      word("what a newer version leads to; exit by default", "exit", "notify", "off"),
    ),
    updateInterval: v.optional(measure("how often to look for a newer version", updateInterval, "duration")),
    image: v.optional(text("look for newer versions of this image", image)),
    registryConfig: v.optional(text("a docker config.json with the registry's credentials", file)),
    insecureRegistries: v.optional(list("registries that are asked by http", text("HOST[:PORT]", registry))),
  };
}

function clusterEntries(file: ReadRule) {
  return {
    namespaces: v.optional(list("only these namespaces; all by default", text("a namespace", namespace))),
    excludeNamespaces: v.optional(list("not these namespaces", text("a namespace", namespace))),
    selector: v.optional(text("only pods with these labels, as kubectl's --selector", selector)),
    fieldSelector: v.optional(text("only pods with these fields, as kubectl's --field-selector", name)),
    kubeconfig: v.optional(text("the cluster's kubeconfig, on a workstation", file)),
    context: v.optional(text("the kubeconfig's context to use", name)),
  };
}

/** The schema of the configuration file. */
export function configSchema(readers: Readers) {
  return map("The configuration file of k8svent", {
    version: v.pipe(
      v.literal(1, "\0 must be 1: the file begins with the line version: 1."),
      v.description("the version of this form"),
    ),
    ...settingEntries(readers.file),
    defaults: v.optional(map("of every endpoint that does not say otherwise", sharedEntries(readers))),
    endpoints: v.optional(list("the receivers", endpointSchema(readers))),
  });
}

/** The flags whose names are not their keys in kebab case. */
const FLAGS: Record<string, string> = {
  namespaces: "namespace",
  excludeNamespaces: "exclude-namespace",
  insecureRegistries: "insecure-registry",
};

/** The flag that means the same as a key of the file; undefined: none does. */
export function flagOf(key: string): string | undefined {
  if (["version", "defaults", "endpoints"].includes(key)) return undefined;
  return FLAGS[key] ?? key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
