import { answering, type Area, HOOK, type Situation } from "../situation.ts";

function listening(address: string, more: Partial<Situation> = {}): Situation {
  return { args: [...HOOK, "--listen", address], ...more };
}

export const LISTEN: Area = {
  "A port on which something else listens": listening("127.0.0.1:{other.port}", {
    servers: { other: answering({ status: 200 }) },
  }),
  "An address that is not this machine's": listening("192.0.2.1:8080"),
  "A host that does not exist": listening("no-such-host.invalid:8080"),
  "A port of an IPv6 address that is not this machine's": listening("[2001:db8::1]:8080"),
  "A port that is free": listening("127.0.0.1:{free}", { until: "Listed " }),
};
