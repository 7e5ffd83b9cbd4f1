import type { Reason } from "../change/reasons.ts";
import type { RedactProfile } from "../pod/redaction.ts";

export type { RedactProfile, RedactWhat } from "../pod/redaction.ts";

/**
 * How one of the operator's endpoints is served: what the endpoint file says of it, else what the flags say of all.
 * Plain data: no file that it names has been read, nothing in it has been dialled. Durations are milliseconds.
 */
export interface EndpointSettings {
  /** The file that holds the URL, where the configuration does not. Read at each attempt. */
  urlFile?: string;
  selection: PodSelection;
  filter: MessageFilter;
  /** One secret a line; undefined: those of `--secret` and `--secret-file`. */
  secretFiles?: readonly string[];
  /** Empty: what is sent is not signed. */
  signatures: readonly Scheme[];
  /** Added to each request, with names in lower case. */
  headers: readonly HeaderSetting[];
  auth?: Auth;
  tls?: TlsSettings;
  /** Takes the place of the proxy that the variables name. */
  proxyUrl?: URL;
  /** Of one attempt. */
  timeout: number;
  /** Requests at a time. */
  concurrency: number;
  /** Requests a second at the most; what waits for that may be coalesced, and is never dropped. */
  rate?: number;
  /** What is taken out of a pod before it is sent to it. */
  redact?: RedactProfile;
  /** Whether it gets notices beside messages about pods. */
  notices: boolean;
}

/**
 * Which pods: a property of the pod. One that enters the selection is sent as `sync`, one that leaves it as
 * `unselected`. All that is given must hold.
 */
export interface PodSelection {
  /** Empty: all. */
  namespaces: readonly string[];
  excludeNamespaces: readonly string[];
  /** Of labels, as kubectl's `--selector`. */
  selector?: string;
}

/** Which messages about them: judged once, when a change is recorded. All that is given must hold. */
export interface MessageFilter {
  /** A message is wanted that has one of these. */
  reasons?: readonly Reason[];
  /** CEL; see `expression.ts`. */
  expression?: string;
  /** What becomes of a message whose evaluation fails. */
  onError: "send" | "drop";
}

/** How a message is signed; see `delivery/sign.ts`. */
export type Scheme = "standard" | "github" | "atomist";

/** A header of the operator's own. */
export type HeaderSetting = { name: string; value: string } | { name: string; file: string };

/** How the program proves to a receiver who it is, beside the signature. */
export type Auth =
  | { kind: "basic"; username: string; passwordFile: string }
  /** `authorization: TYPE CREDENTIALS`. */
  | { kind: "authorization"; type: string; credentialsFile: string }
  | OAuth2;

/** The client credentials grant (RFC 6749, 4.4). */
export interface OAuth2 {
  kind: "oauth2";
  clientId: string;
  clientSecretFile: string;
  tokenUrl: URL;
  scopes: readonly string[];
  audience?: string;
  /** RFC 8707. */
  resource?: string;
  /** Whether the token URL may be `http:` though it does not lead to this machine: where a mesh encrypts, say. */
  allowHttp?: boolean;
  /** Where the client's secret goes: the `authorization` header or the body. */
  authStyle: "header" | "params";
}

/** Files are PEM, and read again when they change. */
export interface TlsSettings {
  /** Trusted besides the usual authorities. */
  caFile?: string;
  /** Both or neither. */
  certFile?: string;
  keyFile?: string;
  /** The name that is asked for (SNI) and that the certificate must hold, in place of the URL's host. */
  serverName?: string;
}
