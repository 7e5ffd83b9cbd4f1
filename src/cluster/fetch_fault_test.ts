import assert from "node:assert/strict";
import { fetchError } from "./fetch_fault.ts";

/** What hyper, rustls and Node were seen to say (Deno 2.9.6), and what k8svent says. */
const TLS: [words: string, fault: string, sentence: RegExp][] = [
  ["received fatal alert: ProtocolVersion", "certificate", /cannot agree on TLS: .*TLS 1\.2 or 1\.3/],
  ["received fatal alert: InsufficientSecurity", "certificate", /cannot agree on TLS/],
  ["received fatal alert: NoApplicationProtocol", "certificate", /speaks HTTP\/2 alone.*http\/1\.1 \(ALPN\)/],
  ["invalid HTTP version parsed", "unreachable", /does not speak HTTP\/1\.1/],
  [
    "Parse Error: Expected HTTP/, RTSP/ or ICE/ HPE_INVALID_CONSTANT",
    "unreachable",
    /does not speak HTTP\/1\.1/,
  ],
  ["peer is incompatible: ServerDoesNotSupportTls12Or13", "certificate", /cannot agree on TLS/],
  [
    "received fatal alert: HandshakeFailure",
    "certificate",
    /no cipher that both know.*--tls-cipher-suites.*another client certificate/,
  ],
  ["received fatal alert: CertificateRequired", "certificate", /or none was sent/],
  ["received fatal alert: UnknownCA", "certificate", /another authority issued it/],
  ["received fatal alert: CertificateExpired", "certificate", /says that the client certificate has expired/],
  ["received fatal alert: UnrecognisedName", "certificate", /does not know that name/],
  ["received fatal alert: InternalError", "unreachable", /broke off the TLS handshake/],
  ["tls handshake eof", "unreachable", /broke off the TLS handshake/],
  [
    "received corrupt message of type InvalidContentType",
    "unreachable",
    /does not speak TLS.*write http:\/\/ before/,
  ],
  [
    'invalid peer certificate: certificate not valid for name "a"; certificate is only valid for DnsName("b.example") or IpAddress(10.0.0.1)',
    "certificate",
    /other names than this one \(b\.example, 10\.0\.0\.1\)/,
  ],
  [
    'invalid peer certificate: certificate not valid for name "a"; certificate is not valid for any names (according to its subjectAltName extension)',
    "certificate",
    /only a common name/,
  ],
  [
    "invalid peer certificate: certificate expired: verification time 1795750114 (UNIX), but certificate is not valid after 1609459200 (186290914 seconds ago)",
    "certificate",
    /has expired \(2021-01-01\)/,
  ],
  [
    "invalid peer certificate: certificate not valid yet: verification time 1795750114 (UNIX), but certificate is not valid before 2051222400 (255472286 seconds in future)",
    "certificate",
    /is not valid yet \(2035-01-01\)/,
  ],
  [
    "invalid peer certificate: Other(OtherError(UnsupportedCertVersion))",
    "certificate",
    /is an X\.509 v1 certificate/,
  ],
  [
    "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))",
    "certificate",
    /of an authority as its own/,
  ],
  ["invalid peer certificate: BadSignature", "certificate", /was not signed by the authority in ca\.crt/],
  [
    "invalid peer certificate: UnsupportedSignatureAlgorithmContext { … }",
    "certificate",
    /\(SHA-1, or an odd kind of RSA-PSS\)/,
  ],
  [
    "invalid peer certificate: Other(OtherError(NameConstraintViolation))",
    "certificate",
    /its authority may not vouch for/,
  ],
  [
    "invalid peer certificate: Other(OtherError(UnsupportedCriticalExtension))",
    "certificate",
    /critical extension/,
  ],
  ["invalid peer certificate: Expired", "certificate", /has expired\./],
  ["invalid peer certificate: NotValidYet", "certificate", /is not valid yet\./],
  [
    "invalid peer certificate: certificate does not allow extended key usage for server",
    "certificate",
    /serverAuth/,
  ],
  ["invalid peer certificate: UnknownIssuer", "certificate", /is not trusted/],
  ["invalid peer certificate: Revoked", "certificate", /is not trusted/],
  ["Fetch failed: Requests to port 6000 are blocked", "unreachable", /"bad port"/],
  [
    "dns error: failed to lookup address information: Name or service not known",
    "unreachable",
    /cannot be resolved/,
  ],
  ["tcp connect error: Connection refused (os error 111)", "unreachable", /was refused/],
  ["tcp connect error: Too many open files (os error 24)", "unreachable", /Raise its limit \(ulimit -n/],
  ["tcp connect error: Network is unreachable (os error 101)", "unreachable", /There is no way/],
  ["tcp connect error: No route to host (os error 113)", "unreachable", /There is no way/],
  ["Connection reset by peer (os error 104)", "unreachable", /failed\. Check the address/],
  ["something new", "unreachable", /failed\. Check the address/],
];

for (const [words, fault, sentence] of TLS) {
  Deno.test(`"${words.slice(0, 60)}" is reported as a sentence`, () => {
    const cause = new Error(
      `error sending request for url (https://a:6443/a-path?token=x): client error: ${words}`,
    );
    const route = { server: "a:6443", isTls: true, trustFrom: "ca.crt" };
    const error = fetchError(new TypeError("fetch failed", { cause }), route);
    assert.equal(error.fault, fault);
    assert.match(error.message, sentence);
    assert.match(error.message, /a:6443/);
    assert.doesNotMatch(error.message, /a-path|token=|os error|invalid peer|fatal alert/);
  });
}

Deno.test("what answers plain HTTP with something else is asked whether it wants TLS", () => {
  const route = { server: "a:6443", isTls: false, trustFrom: "ca.crt" };
  const error = fetchError(new Error("client error (SendRequest): invalid HTTP version parsed"), route);
  assert.equal(
    error.message,
    "What answers at a:6443 wants TLS: write https:// before its address. Or it is not an API server.",
  );
});

for (
  const [code, sentence] of [
    ["ECONNREFUSED", /was refused/],
    ["ENOTFOUND", /cannot be resolved/],
    ["CERT_HAS_EXPIRED", /has expired/],
    ["ERR_TLS_CERT_ALTNAME_INVALID", /is for other names/],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", /is not trusted/],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", /is not trusted/],
  ] as const
) {
  Deno.test(`Node's ${code} is reported as a sentence`, () => {
    const route = { server: "a:6443", isTls: true, trustFrom: "ca.crt" };
    assert.match(fetchError(Object.assign(new Error("x"), { code }), route).message, sentence);
  });
}
