/**
 * The process's environment. What names proxies is taken out of it: the runtime reads these variables anew for each
 * client that its `fetch` gets, in a way of its own, and asks its reading of `NO_PROXY` even before a proxy that it was
 * given (Deno 2.9.6), so that what it can read there it obeys. `proxy.ts` has the program's reading.
 */

/** What the runtime reads, `ALL_PROXY` too, which nothing else in the program does. */
const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"].flatMap((name) => [
  name.toLowerCase(),
  name,
]);

/** A variable's value; undefined where it is not set. */
export type Env = (name: string) => string | undefined;

/**
 * Called once, first of all. Afterwards only what it returns knows the variables of proxies; a program that is run must be
 * given them (`proxyVariables`).
 */
export function openEnvironment(): Env {
  const taken = new Map<string, string>();
  for (const name of PROXIES) {
    const value = Deno.env.get(name);
    if (value === undefined) continue;
    taken.set(name, value);
    Deno.env.delete(name);
  }
  return (name) => taken.get(name) ?? Deno.env.get(name);
}

/** Those that are set, for the environment of a program that is run. */
export function proxyVariables(env: Env): Record<string, string> {
  const variables = PROXIES.map((name) => [name, env(name)] as const);
  return Object.fromEntries(variables.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
