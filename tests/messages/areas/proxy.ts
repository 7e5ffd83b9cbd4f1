import { MARK } from "../../kit/confidential.ts";
import {
  answering,
  type Area,
  http,
  kubeconfig,
  raw,
  saying,
  type Situation,
  type Start,
} from "../situation.ts";

const HOOK = ["--url", `a=http://hooks.example.com/${MARK}`];
const HTTPS_HOOK = ["--url", `a=https://hooks.example.com/${MARK}`];

function through(proxy: Start, args = HTTPS_HOOK): Situation {
  const env = {
    HTTPS_PROXY: `http://me:${MARK}@127.0.0.1:{proxy.port}`,
    HTTP_PROXY: "{proxy}",
    NO_PROXY: "127.0.0.1",
  };
  return { args, env, servers: { proxy }, until: "Endpoint a" };
}

export const PROXY: Area = {
  "A proxy that nobody has started": {
    args: HTTPS_HOOK,
    env: { HTTPS_PROXY: "http://127.0.0.1:{free}" },
    until: "Endpoint a",
  },
  "A proxy whose name does not exist": {
    args: HTTPS_HOOK,
    env: { HTTPS_PROXY: "http://no-such-host.invalid:3128" },
    until: "Endpoint a",
  },
  "A proxy that wants other credentials": through(saying(http("407 Proxy Authentication Required"))),
  "A proxy that forbids the way": through(saying(http("403 Forbidden"))),
  "A proxy that does not get there": through(saying(http("502 Bad Gateway"))),
  "A proxy that hangs up": through(raw({ onRequest: (socket) => void socket.destroy() })),
  "A proxy that speaks something else": through(saying("220 hello\r\n")),
  "A proxy that fails": through(saying(http("500 Internal Server Error"))),
  "A proxy that is a web server, and knows no CONNECT": through(saying(http("405 Method Not Allowed"))),
  "A proxy that asks for patience": through(saying(http("429 Too Many Requests"))),
  "A proxy that never answers": {
    ...through(raw({})),
    args: [...HTTPS_HOOK, "--timeout", "1s"],
  },
  "A proxy to which https is spoken, and which speaks http": {
    ...through(answering({ status: 400 })),
    env: { HTTPS_PROXY: "https://127.0.0.1:{proxy.port}", NO_PROXY: "127.0.0.1" },
  },
  "A proxy for the API server that nobody has started": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    env: { HTTPS_PROXY: "http://127.0.0.1:{free}" },
    files: { config: kubeconfig({ server: "https://k8s.example.com:6443" }) },
  },
  "A proxy for the API server that forbids the way": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    env: { HTTPS_PROXY: `http://me:${MARK}@127.0.0.1:{proxy.port}` },
    servers: { proxy: saying(http("403 Forbidden")) },
    files: { config: kubeconfig({ server: "https://k8s.example.com:6443" }) },
  },
  "A proxy for the API server that wants a password": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    env: { HTTPS_PROXY: "http://127.0.0.1:{proxy.port}" },
    servers: { proxy: saying(http("407 Proxy Authentication Required")) },
    files: { config: kubeconfig({ server: "https://k8s.example.com:6443" }) },
  },
  "A proxy of the kubeconfig that forbids the way": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    servers: { proxy: saying(http("403 Forbidden")) },
    files: { config: kubeconfig({ server: "https://k8s.example.com:6443", "proxy-url": "{proxy}" }) },
  },
  "A proxy for the API server that does not get there": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    env: { HTTPS_PROXY: `http://me:${MARK}@127.0.0.1:{proxy.port}` },
    servers: { proxy: saying(http("502 Bad Gateway")) },
    files: { config: kubeconfig({ server: "https://k8s.example.com:6443" }) },
  },
  "A variable for the API server's proxy that names none": {
    args: ["--once", "--kubeconfig", "{dir}/config"],
    cluster: null,
    env: { HTTPS_PROXY: `bad://me:${MARK}@x` },
    files: { config: kubeconfig({ server: "https://k8s.example.com:6443" }) },
  },
  "A proxy that is dead, and an API server on this machine": {
    args: ["--once"],
    env: { HTTPS_PROXY: "http://127.0.0.1:4", HTTP_PROXY: "http://127.0.0.1:4" },
  },
  "A proxy that answers http in place of the receiver": through(
    saying(http("503 Service Unavailable")),
    HOOK,
  ),
};
