import { type CredentialDisk, CredentialFiles, type MayRead } from "../../src/runtime/credential_files.ts";
import type { Clock } from "../../src/runtime/clock.ts";

/** A disk that a test writes by hand: files by path, and links to others. */
export class MemoryDisk implements CredentialDisk {
  readonly #files = new Map<string, string | Uint8Array<ArrayBuffer> | Error>();
  readonly #links = new Map<string, string>();
  reads = 0;

  /** What reading it gives from now on; an error is thrown. */
  write(path: string, content: string | Uint8Array<ArrayBuffer> | Error): void {
    this.#files.set(path, content);
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  link(path: string, target: string): void {
    this.#links.set(path, target);
  }

  resolve(path: string): string {
    return this.#links.get(path) ?? path;
  }

  read(path: string, most: number): Uint8Array<ArrayBuffer> {
    this.reads++;
    const content = this.#files.get(path) ?? new Deno.errors.NotFound("x");
    if (content instanceof Error) throw content;
    return (typeof content === "string" ? new TextEncoder().encode(content) : content).slice(0, most);
  }
}

/** Files on such a disk. */
export function memoryFiles(
  disk: MemoryDisk,
  clock: Clock,
  mayRead: MayRead = () => undefined,
): CredentialFiles {
  return new CredentialFiles({ clock, mayRead, disk });
}
