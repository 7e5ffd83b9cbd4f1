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
  "A receiver that answers 408": status(408),
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
    until: "did not take",
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
