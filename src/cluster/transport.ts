import type { Proxy } from "../runtime/proxy.ts";
import type { Authorities } from "./authorities.ts";
import type { ClientCertificate } from "../runtime/client_certificate.ts";
import type { Access } from "./cluster.ts";

/** One request to an API server: a GET, or a POST of what is posted. */
export interface Outgoing {
  readonly url: string;
  readonly headers: Access["headers"];
  readonly posted?: string | undefined;
  /** Whether the answer is a watch, which wants a connection of its own. */
  readonly isStream: boolean;
  /** Ends it, and the reading of its body, at any moment. */
  readonly signal: AbortSignal;
}

/** How requests get to one API server: trust, client certificate and proxy are fixed; when they change, so is this. */
export interface Transport {
  /** Resolves with the headers; the body is read as fast as the caller wants it. @throws whatever the runtime says. */
  send(request: Outgoing): Promise<Response>;
  /** Lets go of connections, but for those of answers that are still being read. Called once, last. */
  close(): void;
}

/** What a transport is made of. */
export interface TransportOptions {
  /** Undefined: those of the runtime and the system. */
  readonly authorities?: Authorities | undefined;
  readonly certificate?: ClientCertificate | undefined;
  readonly proxy?: Proxy | undefined;
}
