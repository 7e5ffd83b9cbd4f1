import { issueCertificate } from "../../kit/certificates.ts";
import { MARK, SECRET } from "../../kit/confidential.ts";
import { answering, type Area, HOOK, http, raw, saying, type Situation, type Start } from "../situation.ts";

/** A receiver that is like this, and what is said of it first. */
function receiver(hook: Start, until = "Endpoint a", ...args: string[]): Situation {
  return { args: [...HOOK, ...args], servers: { hook }, until };
}

function status(status: number, body = "", headers: Record<string, string> = {}): Situation {
  return receiver(answering({ status, body, headers }));
}

const authority = issueCertificate("an authority");

function https(hosts: string[], expired = false): Situation {
  const { cert, key } = issueCertificate("a receiver", { issuer: authority, hosts, expired });
  return receiver(raw({ tls: { cert, key } }));
}

function at(origin: string): Situation {
  return { args: ["--url", `a=${origin}/${MARK}`], until: "Endpoint a" };
}

export const RECEIVERS: Area = {
  "A receiver that nobody has started": at("http://127.0.0.1:{free}"),
  "A receiver whose name does not exist": at("https://no-such-host.invalid"),
  "A receiver that resets each connection": receiver(answering("reset")),
  "A receiver that never answers": receiver(answering("hang"), "Endpoint a", "--timeout", "1s"),
  "A receiver that answers 400": status(400),
  "A receiver that answers 401": status(401),
  "A receiver that answers 403": status(403),
  "A receiver that answers 404": status(404),
  "A receiver that answers 405": status(405),
  "A receiver that answers 400 as nginx does to http on an https port": status(
    400,
    "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
  ),
  "A receiver that answers 404 with a page of Express": status(404, `Cannot POST /${MARK}`),
  "A receiver that answers 407": status(407),
  "A receiver that answers 408": status(408),
  "A receiver that answers 415": status(415),
  "A receiver that answers 418": status(418),
  "A receiver that answers 504": status(504),
  "A receiver that answers 522, as a CDN does": status(522),
  "A receiver that answers 799": status(799),
  "A receiver that redirects to https": status(301, "", { location: `https://127.0.0.1/${MARK}` }),
  "A receiver that redirects without a scheme": status(307, "", { location: `//www.example.com/${MARK}` }),
  "A receiver that redirects to nowhere": status(302),
  "A receiver whose answer holds what it was sent": status(403, `wrong key ${MARK} for /${MARK}`),
  "A receiver whose answer is long": status(500, "x".repeat(5_000)),
  "A receiver whose answer is JSON": status(422, '{"error":"unknown field \\"env\\"","code":7}'),
  "A receiver whose answer turns the line round": status(400, "a\u202eb\u2028c"),
  "A receiver that hangs up in the middle of its answer": receiver(
    raw({ onRequest: (socket) => void socket.end("HTTP/1.1 200 OK\r\ncontent-le") }),
  ),
  "A receiver that accepts no connection in time": {
    args: [...HOOK, "--timeout", "1s"],
    servers: { hook: raw({}) },
    until: "Endpoint a",
  },
  "Two receivers, one of which is away": {
    args: [...HOOK, "--url", `b=http://127.0.0.1:{free}/${MARK}`],
    until: "Endpoint b",
  },
  "No secret": { args: HOOK, shell: 'unset K8SVENT_WEBHOOK_SECRET; exec "$@"', until: "Listed " },
  "A secret of eight letters": { args: [...HOOK, "--secret", "abcdefgh"], until: "Listed " },
  "A variable that sets nothing": { args: HOOK, env: { K8SVENT_NAMESPACES: "shop" }, until: "Listed " },
  "A variable in small letters": { args: HOOK, env: { k8svent_namespace: "shop" }, until: "Listed " },
  "A variable of the older program": { args: HOOK, env: { K8VENT_SECRET: MARK }, until: "Listed " },
  "A variable by its other name": {
    args: ["--once"],
    env: { K8SVENT_URL: `a={hook}/${MARK}`, K8SVENT_WEBHOOK_SECRET: SECRET },
  },
  "Two variables for one thing": {
    args: ["--once"],
    env: {
      K8SVENT_URL: `a={hook}/${MARK}`,
      K8SVENT_WEBHOOKS: `b={hook}/${MARK}`,
      K8SVENT_WEBHOOK_SECRET: SECRET,
    },
  },
  "A flag twice that takes one value": {
    args: [...HOOK, "--interval", "1m", "--interval", "2m"],
    until: "Listed ",
  },
  "A flag without effect": {
    args: [...HOOK, "--update", "off", "--image", "registry.example.com/k8svent:latest"],
    until: "Listed ",
  },
  "A receiver that answers 410": status(410),
  "A receiver that answers 413": status(413),
  "A receiver that answers 429": status(429),
  "A receiver that answers 429 and asks to wait": status(429, "", { "retry-after": "30" }),
  "A receiver that answers 500": status(500),
  "A receiver that answers 500 and says why": status(500, "the database is away\nand more"),
  "A receiver that answers 502 with a page": status(502, "<html><title>Bad Gateway</title></html>"),
  "A receiver that answers 503": status(503),
  "A receiver that redirects": status(302, "", { location: `https://login.example.com/${MARK}` }),
  "A receiver that redirects to itself, by https": status(308, "", { location: `/${MARK}` }),
  "A receiver whose answer steers the terminal": status(400, "\u001b[31mred\u009b\u202e"),
  "A receiver that speaks something else": receiver(saying("220 mail.example.com ESMTP\r\n")),
  "A receiver that answers with nothing": receiver(raw({ onRequest: (socket) => void socket.end() })),
  "A receiver whose answer has no end": receiver(
    raw({
      onRequest: (socket) => void socket.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}`),
    }),
  ),
  "https to a receiver that speaks http": {
    args: ["--url", `a=https://127.0.0.1:{hook.port}/${MARK}`],
    servers: { hook: answering({ status: 200 }) },
    until: "Endpoint a",
  },
  "http to a receiver that speaks https": {
    args: ["--url", `a=http://127.0.0.1:{hook.port}/${MARK}`],
    servers: {
      hook: raw({ tls: issueCertificate("a receiver", { issuer: authority, hosts: ["127.0.0.1"] }) }),
    },
    until: "Endpoint a",
  },
  "A receiver whose certificate is of an authority that nobody knows": https(["127.0.0.1"]),
  "A receiver whose certificate is for another name": https(["hooks.example.com"]),
  "A receiver whose certificate has expired": https(["127.0.0.1"], true),
  "One pod that a receiver does not take": {
    args: [...HOOK, "--namespace", "team"],
    servers: { hook: answering({ status: 422 }) },
    until: "did not accept",
  },
  "A receiver that comes back": {
    args: HOOK,
    servers: {
      hook: answering((request) => ({ status: request < 4 ? 503 : 200 })),
    },
    until: "works again",
  },
  "A correlation id of a receiver": {
    args: [...HOOK, "--secret", SECRET, "--namespace", "team"],
    servers: { hook: answering({ status: 200, body: '{"correlation_id":"c-1"}' }) },
    until: "Delivered",
  },
  "A head that is too large": receiver(saying(http("200 OK", "", `x: ${"y".repeat(200_000)}`))),
};
