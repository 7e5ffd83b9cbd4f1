import { answering, type Area, HOOK, type Situation } from "../situation.ts";

function signalled(status: number, signals: Situation["signals"] = [], ...args: string[]): Situation {
  return {
    args: [...HOOK, "--shutdown-timeout", "2s", ...args],
    servers: { hook: answering({ status }) },
    signals,
  };
}

export const SIGNALS: Area = {
  "SIGTERM when all is delivered": signalled(200, [["Listed ", "SIGTERM"]]),
  "SIGINT when all is delivered": signalled(200, [["Listed ", "SIGINT"]]),
  "SIGHUP when all is delivered": signalled(200, [["Listed ", "SIGHUP"]]),
  "SIGTERM while the receiver fails": signalled(500, [["Endpoint a", "SIGTERM"]]),
  "SIGTERM while the receiver fails, with a state file": signalled(
    500,
    [["Endpoint a", "SIGTERM"]],
    ...["--state", "{dir}/state.db"],
  ),
  "A second signal": {
    args: [...HOOK, "--timeout", "1s"],
    servers: { hook: answering("hang") },
    signals: [["Endpoint a", "SIGTERM"], ["Stopping", "SIGINT"]],
  },
  "SIGUSR1 while the receiver fails": {
    args: HOOK,
    servers: { hook: answering({ status: 500 }) },
    signals: [["Endpoint a", "SIGUSR1"]],
    until: "pending for endpoint",
  },
};
