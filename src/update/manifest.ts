/** What a manifest or an index of manifests points to, by digest. */
export interface Manifest {
  /** Of a manifest: the image's configuration. */
  config: string | undefined;
  /** Of an index: one a platform, or an index in turn; what is said about them is left out. */
  manifests: Child[];
  /** OCI's counterpart of labels. */
  annotations: Record<string, unknown>;
}

/** One of an index. */
export interface Child {
  digest: string;
  /** `OS/ARCHITECTURE`; undefined where the index does not say it. */
  platform: string | undefined;
}

/**
 * An image manifest or index of OCI 1.1, or their older counterparts of docker (version 2). `schema 1` for the one
 * before, which says too little; undefined for anything else.
 */
export function readManifest(value: unknown): Manifest | "schema 1" | undefined {
  const { schemaVersion, config, manifests, annotations } = object(value);
  if (schemaVersion === 1) return "schema 1";
  if (schemaVersion !== 2) return undefined;
  if (Array.isArray(manifests)) {
    return { config: undefined, manifests: manifests.flatMap(readChild), annotations: object(annotations) };
  }
  const digest = digestOf(config);
  if (digest === undefined) return undefined;
  return { config: digest, manifests: [], annotations: object(annotations) };
}

/** The label or annotation of this name: of a configuration ("OCI Image Configuration"), or of a manifest. */
export function labelOf(value: unknown, name: string): string | undefined {
  const label = object(object(object(value)["config"])["Labels"])[name];
  return typeof label === "string" && label !== "" ? label : undefined;
}

/** `OS/ARCHITECTURE`: of a configuration, or of what an index says of one of its manifests; undefined where it is not said. */
export function platformOf(value: unknown): string | undefined {
  const { os, architecture } = object(value);
  return os === undefined ? undefined : `${os}/${architecture}`;
}

function readChild(descriptor: unknown): Child[] {
  const digest = digestOf(descriptor);
  const { platform, annotations } = object(descriptor);
  // buildkit's statements about the others ("Image Attestation Storage").
  const isAttestation = "vnd.docker.reference.type" in object(annotations) ||
    object(platform)["os"] === "unknown";
  if (digest === undefined || isAttestation) return [];
  return [{ digest, platform: platformOf(platform) }];
}

/** Of a descriptor. It becomes part of a path, so it must be nothing but a digest. */
function digestOf(descriptor: unknown): string | undefined {
  const { digest } = object(descriptor);
  return typeof digest === "string" && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined;
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
