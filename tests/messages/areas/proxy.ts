import { MARK } from "../../kit/confidential.ts";
import { type Area, http, raw, saying, type Situation, type Start } from "../situation.ts";

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
  "A proxy that answers http in place of the receiver": through(
    saying(http("503 Service Unavailable")),
    HOOK,
  ),
};
