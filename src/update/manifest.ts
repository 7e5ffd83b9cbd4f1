/** What a manifest or an index of manifests points to, by digest. */
export interface Manifest {
  /** Of a manifest: the image's configuration. */
  config: string | undefined;
  /** Of an index: one a platform. */
  manifests: string[];
}

/**
 * An image manifest or index of OCI 1.1, or their older counterparts of docker (version 2). Undefined for
 * anything else.
 */
export function readManifest(value: unknown): Manifest | undefined {
  const { schemaVersion, config, manifests } = (value ?? {}) as Record<string, unknown>;
  if (schemaVersion !== 2) return undefined;
  if (Array.isArray(manifests)) return { config: undefined, manifests: manifests.flatMap(digestOf) };
  const [digest] = digestOf(config);
  return digest === undefined ? undefined : { config: digest, manifests: [] };
}

/** Of a descriptor. It becomes part of a path, so it must be nothing but a digest. */
function digestOf(descriptor: unknown): string[] {
  const { digest } = (descriptor ?? {}) as { digest?: unknown };
  return typeof digest === "string" && /^sha256:[0-9a-f]{64}$/.test(digest) ? [digest] : [];
}
