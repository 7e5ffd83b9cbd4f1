/**
 * Whether tests that are long for their own sake (minutes of chaos, an hour's outage, a minute of a binary's life)
 * run in full, as `deno task test:soak` and CI want it; by default they run briefly, with the same assertions.
 */
export const SOAK = Deno.env.get("K8SVENT_SOAK") === "1";
