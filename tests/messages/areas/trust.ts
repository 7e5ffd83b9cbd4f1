import { issueCertificate } from "../../kit/certificates.ts";
import { MARK } from "../../kit/confidential.ts";
import { alerting, type Area, HOOK, kubeconfig, raw, type Situation } from "../situation.ts";

/** Those of receivers and of the API server, the file of DENO_CERT, and client certificates. */

const authority = issueCertificate("an authority");
const server = issueCertificate("a server", { issuer: authority, hosts: ["127.0.0.1"] });
const other = issueCertificate("another authority");

/** A file of certificates besides those of the system. */
function trusted(text: string, more: Partial<Situation> = {}): Situation {
  return {
    args: [...HOOK, "--once"],
    env: { DENO_CERT: "{dir}/trusted.pem" },
    files: { "trusted.pem": text },
    ...more,
  };
}

/** A receiver with this certificate, whose authority is trusted. */
function receiver(certificate: { cert: string; key: string }, requestCert = false): Situation {
  return trusted(authority.cert, {
    args: HOOK,
    servers: {
      hook: raw({ tls: { ...certificate, ...requestCert && { requestCert, ca: authority.cert } } }),
    },
    until: "Endpoint a",
  });
}

/** A receiver that ends the handshake. */
function alerted(code: number): Situation {
  return {
    args: ["--url", `a=https://127.0.0.1:{hook.port}/${MARK}`],
    servers: { hook: alerting(code) },
    until: "Endpoint a",
  };
}

/** An API server with this certificate. */
function api(certificate: { cert: string; key: string }, trusts: string, more = {}): Situation {
  return {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    servers: { other: raw({ tls: certificate }) },
    files: {
      config: kubeconfig({ server: "{other}", "certificate-authority-data": btoa(trusts), ...more }),
    },
  };
}

function apiAlerted(code: number): Situation {
  return {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    servers: { other: alerting(code) },
    files: { config: kubeconfig({ server: "https://127.0.0.1:{other.port}" }) },
  };
}

const early = issueCertificate("a server", { issuer: authority, hosts: ["127.0.0.1"], early: true });

export const TRUST: Area = {
  "DENO_CERT names a file that is missing": trusted("", { files: {} }),
  "DENO_CERT names a folder": trusted("", { files: { "trusted.pem/": "" } }),
  "DENO_CERT is empty": trusted("", { env: { DENO_CERT: "" } }),
  "DENO_CERT names an empty file": trusted(""),
  "DENO_CERT names a file that is something else": trusted("hello\n"),
  "DENO_CERT names a file that is cut short": trusted(authority.cert.slice(0, 200)),
  "DENO_CERT names a certificate that is not valid base64": trusted(authority.cert.replace("MI", "!!")),
  "DENO_CERT names a key": trusted(authority.key),
  "DENO_CERT names a server's own certificate": trusted(server.cert),
  "DENO_CERT names the authority of another receiver": trusted(other.cert, {
    args: HOOK,
    servers: { hook: raw({ tls: server }) },
    until: "Endpoint a",
  }),
  "A receiver whose certificate is its own authority's": receiver(
    issueCertificate("an authority of itself", { hosts: ["127.0.0.1"] }),
  ),
  "A receiver of a trusted authority, by another name": receiver(
    issueCertificate("a server", { issuer: authority, hosts: ["hooks.example.com", "*.example.com"] }),
  ),
  "A receiver of a trusted authority, without names": receiver(
    issueCertificate("127.0.0.1", { issuer: authority }),
  ),
  "A receiver of a trusted authority, expired": receiver(
    issueCertificate("a server", { issuer: authority, hosts: ["127.0.0.1"], expired: true }),
  ),
  "A receiver of a trusted authority, not yet valid": receiver(early),
  "A receiver with a certificate of X.509 version 1": receiver(
    issueCertificate("a server", { issuer: authority, version1: true }),
  ),
  "A receiver with the certificate of a namesake of the authority": receiver(
    issueCertificate("a server", { issuer: issueCertificate("an authority"), hosts: ["127.0.0.1"] }),
  ),
  "A receiver that speaks old TLS only (alert 70)": alerted(70),
  "A receiver with which no cipher is shared (alert 40)": alerted(40),
  "A receiver that wants a client certificate (alert 116)": alerted(116),
  "A receiver that does not serve the name (alert 112)": alerted(112),
  "A receiver that does not know the certificate's authority (alert 48)": alerted(48),
  "A receiver that fails by itself in the handshake (alert 80)": alerted(80),
  "The API server speaks old TLS only (alert 70)": apiAlerted(70),
  "The API server wants a client certificate (alert 116)": apiAlerted(116),
  "The API server does not serve the name (alert 112)": apiAlerted(112),
  "The API server's certificate is not yet valid": api(early, authority.cert),
  "The API server's certificate is of a namesake of the authority": api(
    issueCertificate("the server", { issuer: issueCertificate("an authority"), hosts: ["127.0.0.1"] }),
    authority.cert,
  ),
  "The API server's certificate has no names": api(
    issueCertificate("127.0.0.1", { issuer: authority }),
    authority.cert,
  ),
  "The API server's certificate is of X.509 version 1": api(
    issueCertificate("127.0.0.1", { issuer: authority, version1: true }),
    authority.cert,
  ),
  "The authority of the API server is a key": api(server, authority.key),
  "The authority of the API server is empty": api(server, " "),
  "The authority of the API server is base64 twice": api(server, btoa(authority.cert)),
  "The authority of the API server, and no verification": api(server, authority.cert, {
    "insecure-skip-tls-verify": true,
  }),
  "The API server's port speaks SSH": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    servers: { other: raw({ onConnection: (socket) => void socket.end("SSH-2.0-OpenSSH_9.6\r\n") }) },
    files: { config: kubeconfig({ server: "https://127.0.0.1:{other.port}" }) },
  },
  "The API server closes each connection at once": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    servers: { other: raw({ onConnection: (socket) => void socket.destroy() }) },
    files: { config: kubeconfig({ server: "https://127.0.0.1:{other.port}" }) },
  },
  "http to an API server that speaks https": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    servers: { other: raw({ tls: server }) },
    files: { config: kubeconfig({ server: "http://127.0.0.1:{other.port}" }) },
  },
  "A client certificate whose key is of another": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    files: {
      config: kubeconfig({ server: "https://127.0.0.1:{free}" }, {
        "client-certificate-data": btoa(server.cert),
        "client-key-data": btoa(other.key),
      }),
    },
  },
  "A client certificate of X.509 version 1": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    files: {
      config: kubeconfig({ server: "https://127.0.0.1:{free}" }, versionOne()),
    },
  },
  "A client certificate whose key is no key": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    files: {
      config: kubeconfig({ server: "https://127.0.0.1:{free}" }, {
        "client-certificate-data": btoa(server.cert),
        "client-key-data": btoa("not a key"),
      }),
    },
  },
};

function versionOne(): Record<string, string> {
  const { cert, key } = issueCertificate("me", { issuer: authority, version1: true });
  return { "client-certificate-data": btoa(cert), "client-key-data": btoa(key) };
}
