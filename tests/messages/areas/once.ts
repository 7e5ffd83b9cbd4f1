import { MARK, SECRET } from "../../kit/confidential.ts";
import { answering, type Area, fake, HOOK, type Situation, type Start } from "../situation.ts";

function snapshot(hook: Start, ...args: string[]): Situation {
  return { args: ["--once", ...HOOK, ...args], servers: { hook } };
}

export const ONCE: Area = {
  "All pods are printed": { args: ["--once"] },
  "The pods of one namespace are printed": { args: ["--once", "--namespace", "team"] },
  "No pod is printed, since there is none": {
    args: ["--once"],
    cluster: fake((server) => {
      for (const [namespace, name] of [["shop", "web-0"], ["shop", "web-1"], ["team", "db-0"]] as const) {
        server.remove({ namespace, name });
      }
    }),
  },
  "Whoever reads it has enough": { args: ["--once"], shell: '"$@" | head -c 0' },
  "All pods are accepted": snapshot(answering({ status: 200 })),
  "One pod is accepted": snapshot(answering({ status: 200 }), "--namespace", "team"),
  "No pod is there to be sent": snapshot(answering({ status: 200 }), "--namespace", "empty"),
  "One pod is refused": snapshot(answering((_request, pod) => ({ status: pod === "web-1" ? 413 : 200 }))),
  "The only pod is refused": snapshot(answering({ status: 413 }), "--namespace", "team"),
  "The receiver is away": {
    args: ["--once", "--url", `a=http://127.0.0.1:{free}/${MARK}`],
  },
  "One receiver is away, the other takes everything": {
    args: ["--once", ...HOOK, "--url", `b=http://127.0.0.1:{free}/${MARK}`],
    servers: { hook: answering({ status: 200 }) },
  },
  "The receiver starts up meanwhile": snapshot(
    answering((request) => request < 3 ? "reset" : { status: 200 }),
  ),
  "The receiver is gone (410)": snapshot(answering({ status: 410 })),
  "The receiver asks to wait for an hour": snapshot(
    answering({ status: 503, headers: { "retry-after": "3600" } }),
  ),
  "The receiver asks each pod to wait for a second": snapshot(
    answering((request) => request < 3 ? { status: 429, headers: { "retry-after": "1" } } : { status: 200 }),
  ),
  "The receiver asks for ten minutes of maintenance": snapshot(
    answering({ status: 503, headers: { "retry-after": "600" } }),
  ),
  "The output is a disk that is full": { args: ["--once"], shell: '"$@" >/dev/full' },
  "The help goes to a disk that is full": { args: ["--help"], cluster: null, shell: '"$@" >/dev/full' },
  "The log goes to a disk that is full": { args: ["--once"], shell: '"$@" 2>/dev/full' },
  "The log is closed": { args: ["--once"], shell: '"$@" 2>&-' },
  "Whoever reads the help has enough": {
    args: ["--help"],
    cluster: null,
    shell: '"$@" | head -n 1 >/dev/null',
  },
  "--once with what only a program that goes on does": {
    args: ["--once", "--state", "{dir}/state.db", "--listen", ":8080", "--source", "poll"],
  },
  "--once without a webhook, and a secret": { args: ["--once", "--secret", SECRET] },
  "--once in a namespace that does not exist": { args: ["--once", "--namespace", "shpo"] },
  "--once with a selector that no pod has": { args: ["--once", "--selector", "app=web"] },
  "The receiver answers 401 to all": snapshot(answering({ status: 401, body: "no signature" })),
  "The receiver redirects": snapshot(
    answering({ status: 301, headers: { location: "https://www.example.com/" } }),
  ),
  "A second signal comes while the receiver fails": {
    ...snapshot(answering((request) => request === 0 ? { status: 500 } : "hang")),
    signals: [["are retried after", "SIGTERM"], ["Stopping", "SIGINT"]],
  },
  "A signal comes while the receiver fails": {
    ...snapshot(answering({ status: 500 })),
    signals: [["are retried after", "SIGTERM"]],
  },
};
