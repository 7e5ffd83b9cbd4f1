/** The parts of an image reference. */
export interface Image {
  /** `HOST[:PORT]` in lower case; `docker.io` for Docker Hub. */
  registry: string;
  /** `library/` is part of it where Docker Hub puts it. */
  repository: string;
  tag?: string;
  /** `sha256:…` or `sha512:…`. Where it is given, the tag says nothing about what runs. */
  digest?: string;
}

/** What an image reference without a host names. */
export const DOCKER_HUB = "docker.io";

/** The grammar of github.com/distribution/reference, with the two digests that OCI registers. */
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const HOST = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/**
 * Reads `[HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST]` as container runtimes do: what stands before the first slash
 * is a host only if it has a dot, a port or a capital letter or is `localhost`, and without tag and digest the tag is `latest`.
 * Undefined for a text that is not an image reference.
 */
export function parseImage(text: string): Image | undefined {
  const [rest = "", digest, more] = text.split("@");
  if (more !== undefined || (digest !== undefined && !DIGEST.test(digest))) return undefined;
  // A colon after the last slash begins the tag; one before it, a port.
  const colon = rest.indexOf(":", rest.lastIndexOf("/") + 1);
  const name = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  const { registry, repository } = splitName(name);
  if (!HOST.test(registry) || !REPOSITORY.test(repository) || repository.length > 255) return undefined;
  // The grammar allows hosts that no URL does, such as 256.0.0.1 and a port above 65535.
  if (!URL.canParse(`https://${registry}`)) return undefined;
  return {
    registry,
    repository,
    ...(tag === undefined ? digest === undefined && { tag: "latest" } : { tag }),
    ...(digest !== undefined && { digest }),
  };
}

function splitName(name: string): { registry: string; repository: string } {
  const slash = name.indexOf("/");
  const before = name.slice(0, Math.max(0, slash));
  const first = before.toLowerCase();
  // No repository has a capital letter.
  const isHost = first === "localhost" || /[.:[]/.test(first) || first !== before;
  const repository = isHost ? name.slice(slash + 1) : name;
  // Both are names that Docker Hub has always had (distribution/reference, normalize.go).
  if (isHost && first !== "docker.io" && first !== "index.docker.io") return { registry: first, repository };
  return {
    registry: DOCKER_HUB,
    repository: repository.includes("/") ? repository : `library/${repository}`,
  };
}
