import config from "../../deno.json" with { type: "json" };

/** The program's own version, a semantic version without a `v`; deno.json is the one place that has it. */
export const VERSION: string = config.version;
