import { randomUUID, sign } from "node:crypto";
import type { Certificate } from "./certificates.ts";
import { MARK } from "./confidential.ts";

/** Who may have a token, where not everybody may. */
export const USER = "builder";
export const PASSWORD = `${MARK}-password`;

/** The value of `Authorization` (RFC 7617). */
export function basic(user: string, password: string): string {
  return `Basic ${btoa(`${user}:${password}`)}`;
}

/** Hands out tokens for a registry, as distribution's "Token Authentication Specification" has it. */
export class TokenServer {
  readonly host: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #certificate: Certificate;

  private constructor(certificate: Certificate, forUser: boolean) {
    this.#certificate = certificate;
    const handle = (request: Request): Response => {
      const given = request.headers.get("authorization");
      if (forUser && given !== basic(USER, PASSWORD)) {
        return new Response(null, { status: 401 });
      }
      const scope = new URL(request.url).searchParams.get("scope") ?? "";
      const [, name = "", actions = ""] = /^repository:([^:]+):(.+)$/.exec(scope) ?? [];
      // Whoever asks only gets to pull.
      const allowed = actions.split(",").filter((action) => action === "pull");
      return Response.json({ token: this.issue(name, allowed), expires_in: 300 });
    };
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen(): void {} }, handle);
    this.host = `127.0.0.1:${this.#server.addr.port}`;
  }

  /** @param certificate signs; the registry trusts it */
  static start(certificate: Certificate, forUser: boolean): TokenServer {
    return new TokenServer(certificate, forUser);
  }

  /** A token for one repository (RFC 7519; ES256, RFC 7518 §3.4). */
  issue(name: string, actions: string[]): string {
    const now = Math.floor(Date.now() / 1000);
    const chain = [this.#certificate.cert.replace(/-----[A-Z ]+-----|\s/g, "")];
    const claims = {
      ...{
        iss: "tokens",
        sub: "",
        aud: "registry",
        exp: now + 300,
        nbf: now - 10,
        iat: now,
        jti: randomUUID(),
      },
      access: [{ type: "repository", name, actions }],
    };
    const text = [{ typ: "JWT", alg: "ES256", x5c: chain }, claims].map(encode).join(".");
    const signature = sign("sha256", new TextEncoder().encode(text), {
      key: this.#certificate.key,
      dsaEncoding: "ieee-p1363",
    });
    return `${text}.${new Uint8Array(signature).toBase64({ alphabet: "base64url", omitPadding: true })}`;
  }

  async close(): Promise<void> {
    await this.#server.shutdown();
  }
}

function encode(value: unknown): string {
  return new TextEncoder().encode(JSON.stringify(value)).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
}
