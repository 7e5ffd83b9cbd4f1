/** What a registry asks for in `WWW-Authenticate`. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`, or another. */
  scheme: string;
  /** By name in lower case. */
  parameters: Map<string, string>;
}

/** A parameter: a token, `=`, and a token or a quoted string (RFC 9110 §11.2, §5.6.4). */
const PARAMETER = /^[\s,]*([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/;

/** The next scheme: a token that no `=` follows. */
const SCHEME = /^[\s,]*([\w!#$%&'*+.^`|~-]+)(?=[\s,]|$)(?!\s*=)/;

/** What some schemes have in place of parameters (RFC 9110 §11.2), such as `Negotiate`. */
const TOKEN68 = /^ +[\w.~+/-]+=*(?= *(?:,|$))/;

/** The challenges of a header, in its order; those after something that is none are not seen. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let rest = header;
  for (let scheme = SCHEME.exec(rest); scheme !== null; scheme = SCHEME.exec(rest)) {
    rest = rest.slice(scheme[0].length).replace(TOKEN68, "");
    const parameters = new Map<string, string>();
    for (let found = PARAMETER.exec(rest); found !== null; found = PARAMETER.exec(rest)) {
      const [whole, name = "", quoted, plain = ""] = found;
      parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? plain);
      rest = rest.slice(whole.length);
    }
    challenges.push({ scheme: (scheme[1] ?? "").toLowerCase(), parameters });
  }
  return challenges;
}
