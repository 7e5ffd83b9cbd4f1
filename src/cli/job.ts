import type { Reason } from "../change/reasons.ts";
import type { Scheme } from "../route/endpoint_settings.ts";
import type { GivenNames } from "./given_names.ts";
import type { Options } from "./options.ts";

/** How an answer is printed. */
export type Output = "table" | "json" | "yaml";

/** A command that goes on for a while: what it is to do. `main.ts` hands it to `src/app/`. */
export type Job =
  | DoctorOptions
  | ExplainOptions
  | LinkImageOptions
  | OperateOptions
  | ReceiveOptions
  | SendTestOptions
  | TailOptions
  | VersionOptions;

/** The version, in a form. */
export interface VersionOptions {
  command: "version";
  output: Output;
}

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
  output: Output;
}

/** Which pods to follow, and how their changes are printed. */
export interface TailOptions {
  command: "tail";
  /** As of the run; without endpoints. */
  options: Options;
  /** A change is printed that has one of these; empty: each. */
  reasons: Reason[];
  /** Whether each pod is printed first as it is. */
  current: boolean;
  output: "text" | "wide" | "json" | "json-wide";
}

/** What to examine. */
export interface DoctorOptions {
  command: "doctor";
  /** As of the run, but that there may be no webhook. */
  options: Options;
  /** The file of `--config`, and what is wrong with it: then nothing of it is in the options. Absent: none is named. */
  config?: { file: string; faults: readonly string[] };
  /** Whether webhooks are sent a test message. */
  sends: boolean;
  output: Output;
}

/** What a program is asked, or is to do. */
export type Operation =
  | { kind: "status" }
  /** `filters`: parameters of the API. */
  | { kind: "deliveries"; endpoint?: string; filters: Record<string, string> }
  | { kind: "delivery"; endpoint: string; id: string }
  | { kind: "redeliver" | "discard"; endpoint: string; id?: string }
  | { kind: "resync"; endpoint?: string; since?: string }
  | { kind: "pause" | "resume"; endpoint: string };

/** Where the program is, and how to print what it answers. */
export interface Reach {
  server: URL;
  /** Absent: none is shown. */
  token?: string;
  /** By what the two were given, where that is not their flag. */
  names: GivenNames;
  output: Output;
}

/** The same, and what to do. */
export interface OperateOptions extends Reach {
  command: "operate";
  operation: Operation;
}

/** Which pod to explain: by the program, else by what these options and the cluster say. */
export interface ExplainOptions extends Reach {
  command: "explain";
  namespace: string;
  name: string;
  /** Without endpoints, and without `podWebhooks`: only the program can explain it. */
  options: Options;
}

/** Which commit an image is of, and whom to tell. */
export interface LinkImageOptions {
  command: "link-image";
  /** The body, as the older program's receivers read it. */
  link: {
    git: { owner: string; repo: string; sha: string };
    docker: { image: string };
    type: "link-image";
  };
  url: URL;
  /** Empty: it is not signed. */
  secrets: string[];
  /** Of each attempt, in milliseconds. */
  timeout: number;
  output: Output;
}
