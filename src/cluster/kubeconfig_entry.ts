import { dirname, resolve } from "node:path";
import { ClusterSetupError } from "./setup_error.ts";

/**
 * One named entry of a kubeconfig: a context, a cluster, a user or a part of one. The fields keep the names
 * that they have in the file (client-go, tools/clientcmd/api/v1/types.go).
 */
export class KubeconfigEntry {
  /**
   * @param what for messages: `the user "admin"`
   * @param file where it stands: paths in it are relative to that file's folder
   */
  constructor(readonly what: string, readonly file: string, readonly fields: Record<string, unknown>) {}

  /** @throws {ClusterSetupError} where the field is there and is no text. An empty text counts as absent. */
  text(field: string): string | undefined {
    const value = this.fields[field];
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value !== "string") throw this.error(`${field} is not a string. Put it in quotes`);
    return value;
  }

  /** A path, absolute. */
  path(field: string): string | undefined {
    const path = this.text(field);
    return path === undefined ? undefined : this.resolve(path);
  }

  resolve(path: string): string {
    return resolve(dirname(this.file), path);
  }

  /** Text that stands in the file as base64, such as `client-key-data`. */
  decoded(field: string): string | undefined {
    const data = this.text(field);
    if (data === undefined) return undefined;
    try {
      return atob(data);
    } catch {
      // The cause is left out: it could quote the data, which may be a key.
      throw this.error(`${field} is not valid base64`);
    }
  }

  list(field: string): unknown[] {
    const value = this.fields[field];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw this.error(`${field} is not a list`);
    return value;
  }

  part(field: string): KubeconfigEntry | undefined {
    const value = this.fields[field];
    if (value === undefined || value === null) return undefined;
    if (!isRecord(value)) throw this.error(`${field} is not a mapping`);
    return new KubeconfigEntry(this.what, this.file, value);
  }

  has(field: string): boolean {
    const value = this.fields[field];
    return !(value === undefined || value === null || value === false || value === "" ||
      Array.isArray(value) && value.length === 0);
  }

  /** @throws {ClusterSetupError} where the field is there and neither true nor false. */
  flag(field: string): boolean {
    const value = this.fields[field] ?? false;
    if (typeof value === "boolean") return value;
    const isWord = typeof value === "string";
    if (isWord && TRUE.test(value)) return true;
    if (isWord && FALSE.test(value)) return false;
    throw this.error(`${field} is neither true nor false: write one of them, without quotes`);
  }

  error(complaint: string): ClusterSetupError {
    return new ClusterSetupError(`Cannot use ${this.what} in ${this.file}: ${complaint}.`);
  }
}

/** Further words of YAML 1.1, which client-go reads, for what YAML 1.2 calls true and false. */
const TRUE = /^(y|yes|on)$/i;
const FALSE = /^(n|no|off)$/i;

/** Whether a value that YAML brought is a map. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
