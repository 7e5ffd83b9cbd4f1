/** A command that goes on for a while: what it is to do. `main.ts` hands it to `src/app/`. */
export type Job = ReceiveOptions;

/** What to receive, and how to answer. Durations are milliseconds. */
export interface ReceiveOptions {
  command: "receive";
  host: string;
  port: number;
  /** Empty: nothing is verified. */
  secrets: string[];
  output: "line" | "json";
  /** `every`: for each delivery whose number it divides. */
  answer: { status: number | "hang up"; delay: number; retryAfter?: number; every: number };
  /** Only with secrets. */
  exec?: { argv: string[]; timeout: number };
}
