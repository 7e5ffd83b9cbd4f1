import type { Scheme } from "../route/endpoint_settings.ts";

/** A command that goes on for a while: what it is to do. `main.ts` hands it to `src/app/`. */
export type Job = ReceiveOptions | SendTestOptions;

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

/** What to send, and where. */
export interface SendTestOptions {
  command: "send-test";
  url: URL;
  /** Empty: it is not signed. */
  secrets: string[];
  signatures: Scheme[];
  /** Milliseconds. */
  timeout: number;
  output: "table" | "json";
}
