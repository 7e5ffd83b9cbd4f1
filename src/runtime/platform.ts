/** What image indexes call an architecture (Go's GOARCH). */
const ARCHITECTURES: Record<string, string> = { "x86_64": "amd64", "aarch64": "arm64" };

/** What this program was made for, `OS/ARCHITECTURE` in the words of image indexes. */
export const PLATFORM = `${Deno.build.os}/${ARCHITECTURES[Deno.build.arch] ?? Deno.build.arch}`;
