import { answering, type Area, HOOK, type Situation } from "../situation.ts";

function listening(address: string, more: Partial<Situation> = {}): Situation {
  return { args: [...HOOK, "--listen", address], ...more };
}

/** Page and API, with what stands in the file of their token. */
function administered(token: string): Situation {
  return {
    args: [...HOOK, "--admin-listen", "127.0.0.1:{free}", "--admin-token-file", "{dir}/token"],
    files: { token },
  };
}

export const LISTEN: Area = {
  "A port on which something else listens": listening("127.0.0.1:{other.port}", {
    servers: { other: answering({ status: 200 }) },
  }),
  "An address that is not this machine's": listening("192.0.2.1:8080"),
  "A host that does not exist": listening("no-such-host.invalid:8080"),
  "A port of an IPv6 address that is not this machine's": listening("[2001:db8::1]:8080"),
  "A port that is free": listening("127.0.0.1:{free}", { until: "Listed " }),
  "A page for all who use the machine": {
    args: [...HOOK, "--admin-listen", "127.0.0.1:{free}"],
    until: "Listed ",
  },
  "A page for who has the token": {
    ...administered("c0nfidential-token-of-many-characters\n"),
    until: "Listed ",
  },
  "A page on a port on which something else listens": {
    args: [...HOOK, "--admin-listen", "127.0.0.1:{other.port}"],
    servers: { other: answering({ status: 200 }) },
  },
  "A token's file that does not exist": { ...administered(""), files: {} },
  "A token's file that is empty": administered("\n"),
  "A token that can be guessed": administered("c0nfidential"),
  "A token of several words": administered("token: c0nfidential-token-of-many-characters\n"),
  "A token that no header can carry": administered("c0nfidential-tokén-of-many-characters\n"),
};
