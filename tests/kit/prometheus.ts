import { freePort } from "./port.ts";
import { lacksProgram } from "./needing.ts";

/** What the machine lacks for `Prometheus`; undefined: nothing. */
export const withoutPrometheus: string | undefined = await lacksProgram(
  "prometheus",
  ["--version"],
  "there is no prometheus, of Debian's package of that name.",
);

/** One series of an answer: its labels and its value now. */
export interface Series {
  metric: Record<string, string>;
  value: [at: number, value: string];
}

/** What is said of a target. */
export interface Target {
  health: "up" | "down" | "unknown";
  lastError: string;
}

/** A real Prometheus on loopback that scrapes one target every half second. */
export class Prometheus implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  readonly #origin: string;

  /**
   * @param labels what the operator's service discovery adds to each series
   * @param relabelings what is done to these labels before the target is scraped, as a PodMonitor has it
   * @param rules groups of rules, as JSON
   */
  static async start(
    target: string,
    labels: Record<string, string>,
    relabelings: Record<string, unknown>[],
    rules: unknown,
  ): Promise<Prometheus> {
    const folder = await Deno.makeTempDir({ prefix: "prometheus-" });
    const config = {
      global: { ["scrape_interval"]: "500ms", ["scrape_timeout"]: "500ms", ["evaluation_interval"]: "500ms" },
      ["rule_files"]: ["rules.json"],
      ["scrape_configs"]: [{
        ["job_name"]: "k8svent",
        ["static_configs"]: [{ targets: [target], labels }],
        ["relabel_configs"]: relabelings.map(inSnakeCase),
      }],
    };
    // JSON is YAML, too.
    await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
    await Deno.writeTextFile(`${folder}/rules.json`, JSON.stringify(rules));
    return new Prometheus(folder, `127.0.0.1:${freePort()}`);
  }

  private constructor(folder: string, address: string) {
    this.#folder = folder;
    this.#origin = `http://${address}`;
    this.#child = new Deno.Command("prometheus", {
      args: [
        `--config.file=${folder}/config.json`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=${address}`,
        "--log.level=error",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
  }

  /** What an expression comes to now. @throws {Error} with what Prometheus says of one that is wrong */
  async query(expression: string): Promise<Series[]> {
    const { result } = await this.#get<{ result: Series[] }>(`query?query=${encodeURIComponent(expression)}`);
    return result;
  }

  /** The values of a label, as Grafana asks for those of a variable. */
  async labelValues(label: string, match: string): Promise<string[]> {
    return await this.#get(`label/${label}/values?match[]=${encodeURIComponent(match)}`);
  }

  /** Its one target. */
  async target(): Promise<Target> {
    const { activeTargets: [target] } = await this.#get<{ activeTargets: Target[] }>("targets");
    return target ?? { health: "unknown", lastError: "" };
  }

  /** Its rules, and how the last evaluation of each went. */
  async rules(): Promise<{ name: string; health: string; lastError?: string }[]> {
    const { groups } = await this.#get<{ groups: { rules: { name: string; health: string }[] }[] }>("rules");
    return groups.flatMap(({ rules }) => rules);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.#origin}/api/v1/${path}`);
    const { status, error, data } = await response.json();
    if (status === "success") return data;
    throw new Error(`${decodeURIComponent(path)}: ${error}`);
  }
}

/** The operator's names of fields as Prometheus has them: `targetLabel` is `target_label`. */
function inSnakeCase(fields: Record<string, unknown>): Record<string, unknown> {
  const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [snake(name), value]));
}
