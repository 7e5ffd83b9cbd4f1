import { createHash } from "node:crypto";
import type { EndpointSettings } from "./endpoint_settings.ts";

/** A place that messages are sent to. */
export interface Endpoint {
  /** Its identity in logs, metrics and the store: never the URL, whose path may be a secret. */
  name: string;
  /** Parsed, http or https. Absent where `settings.urlFile` names the file that holds it. */
  url?: URL;
  /**
   * Whether the operator named it. One that came from a pod's annotation was chosen by whoever may create
   * pods: it is dialled through the guard (`http/guard.ts`) and never signed with the operator's secret.
   */
  trusted: boolean;
  settings: EndpointSettings;
}

/** The name of an endpoint that was given none: its host, and eight hex digits that tell two paths apart. */
export function endpointName(url: URL): string {
  return `${url.host}-${createHash("sha256").update(url.href).digest("hex").slice(0, 8)}`;
}
