import { pause } from "./pods.ts";

/** Has the API server note, with the instant, each watch of pods that it begins to answer, and nothing else. */
const POLICY = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived", "ResponseComplete", "Panic"],
  rules: [
    { level: "Metadata", verbs: ["watch"], resources: [{ group: "", resources: ["pods"] }] },
    { level: "None" },
  ],
};

/** When programs began to watch, by the API server's audit log: asking it again and again would change the answer. */
export class Watches {
  readonly #log: string;

  private constructor(log: string) {
    this.#log = log;
  }

  /**
   * @param folder of its own
   * @returns what it reads, and the flags of the API server that make it be written
   */
  static async prepare(folder: string): Promise<{ watches: Watches; flags: string }> {
    const [log, policy] = [`${folder}/audit.log`, `${folder}/policy.json`];
    // JSON is YAML, which is what it is read as.
    await Deno.writeTextFile(policy, JSON.stringify(POLICY));
    return { watches: new Watches(log), flags: `--audit-policy-file=${policy} --audit-log-path=${log}` };
  }

  /** Resolves with the instant at which the first watch after another instant began. */
  async firstSince(instant: number, patience = 600_000): Promise<number> {
    for (const start = performance.now(); performance.now() - start < patience;) {
      for (const line of (await Deno.readTextFile(this.#log).catch(() => "")).split("\n")) {
        const at = Date.parse(/"stageTimestamp":"([^"]+)"/.exec(line)?.[1] ?? "");
        if (at >= instant) return at;
      }
      await pause(100);
    }
    throw new Error(`No watch began within ${patience / 1_000} s.`);
  }
}
