import { createHash } from "node:crypto";
import { PLATFORM } from "../../src/runtime/platform.ts";
import { issueCertificate } from "./certificates.ts";
import { freePort } from "./port.ts";
import { basic, PASSWORD, TokenServer, USER } from "./token_server.ts";

/** How a registry lets people in: everybody, a user, or whoever has a token, which everybody or only a user gets. */
export type Door = "open" | "password" | "token for everybody" | "token for a user";

/** Why no real registry can be started here; undefined where one can. */
export function lacksRegistry(): string | undefined {
  try {
    if (Deno.statSync(PROGRAM).isFile) return undefined;
  } catch {
    // Said below.
  }
  return "there is no registry: apt-get install docker-registry, on Debian.";
}

const PROGRAM = "/usr/bin/docker-registry";

/** One image of a single platform: the digests that a container runtime may call it by. */
export interface Pushed {
  manifest: string;
  config: string;
}

/** A real registry (distribution) on loopback, with one repository. */
export class TestRegistry implements AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly #folder: string;
  readonly #child: Deno.ChildProcess;
  readonly #tokens: TokenServer | undefined;
  readonly #door: Door;

  private constructor(
    host: string,
    folder: string,
    child: Deno.ChildProcess,
    door: Door,
    tokens: TokenServer | undefined,
  ) {
    this.host = host;
    this.#door = door;
    this.#folder = folder;
    this.#child = child;
    this.#tokens = tokens;
  }

  /** Resolves when it answers. */
  static async start(door: Door = "open"): Promise<TestRegistry> {
    const folder = await Deno.makeTempDir({ prefix: "k8svent-registry-" });
    const host = `127.0.0.1:${freePort()}`;
    const certificate = issueCertificate("tokens");
    const tokens = door.startsWith("token")
      ? TokenServer.start(certificate, door === "token for a user")
      : undefined;
    await Deno.writeTextFile(`${folder}/certificate.pem`, certificate.cert);
    await Deno.writeTextFile(`${folder}/htpasswd`, HTPASSWD);
    await Deno.writeTextFile(
      `${folder}/config.yml`,
      JSON.stringify(configuration(host, folder, door, tokens)),
    );
    const child = new Deno.Command(PROGRAM, {
      args: ["serve", `${folder}/config.yml`],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const registry = new TestRegistry(host, folder, child, door, tokens);
    try {
      await registry.#untilReady();
      return registry;
    } catch (error) {
      await registry[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Of the server that hands out tokens, `127.0.0.1:PORT`; the registry's own where there is none. */
  get tokenHost(): string {
    return this.#tokens?.host ?? this.host;
  }

  /** Pushes an image whose content is this text, without labels. */
  async push(content: string, ...tags: string[]): Promise<Pushed> {
    return await this.#push(content, {}, tags);
  }

  /** Pushes an image that says by its label of which version it is. */
  async pushLabelled(version: string, ...tags: string[]): Promise<Pushed> {
    return await this.#push(version, { Labels: { "org.opencontainers.image.version": version } }, tags);
  }

  async #push(content: string, config: Record<string, unknown>, tags: string[]): Promise<Pushed> {
    const [os, architecture] = PLATFORM.split("/");
    const platform = { os, architecture };
    const stored = await this.#putBlob(
      JSON.stringify({ ...platform, comment: content, config }),
    );
    const layer = await this.#putBlob(content);
    const manifest = await this.#putManifest({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { ...stored, mediaType: "application/vnd.oci.image.config.v1+json" },
      layers: [{ ...layer, mediaType: "application/vnd.oci.image.layer.v1.tar" }],
    }, tags);
    return { manifest, config: stored.digest };
  }

  /** Pushes an index of images that are there already. Gives its digest. */
  async pushIndex(images: Pushed[], ...tags: string[]): Promise<string> {
    const manifests = images.map(({ manifest }, index) => ({
      mediaType: MANIFEST,
      digest: manifest,
      size: this.#sizes.get(manifest),
      platform: { os: "linux", architecture: ["amd64", "arm64"][index] ?? "s390x" },
    }));
    return await this.#putManifest({ schemaVersion: 2, mediaType: INDEX, manifests }, tags);
  }

  /** Adds many tags of one image, as its storage has them: pushing ten thousand would take a minute. */
  async addTags(image: Pushed, tags: string[]): Promise<void> {
    const folder = `${this.#folder}/docker/registry/v2/repositories/${REPOSITORY}/_manifests/tags`;
    await Promise.all(tags.map(async (tag) => {
      await Deno.mkdir(`${folder}/${tag}/current`, { recursive: true });
      await Deno.writeTextFile(`${folder}/${tag}/current/link`, image.manifest);
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#tokens?.close();
    await Deno.remove(this.#folder, { recursive: true });
  }

  readonly #sizes = new Map<string, number>();

  async #putBlob(text: string): Promise<{ digest: string; size: number }> {
    const body = new TextEncoder().encode(text);
    const digest = digestOf(body);
    const begun = await this.#ask("POST", `blobs/uploads/`);
    const upload = new URL(begun.headers.get("location") ?? "", begun.url);
    upload.searchParams.set("digest", digest);
    await this.#ask("PUT", upload.href, body, "application/octet-stream");
    return { digest, size: body.length };
  }

  async #putManifest(
    manifest: { mediaType: string; [field: string]: unknown },
    tags: string[],
  ): Promise<string> {
    const body = new TextEncoder().encode(JSON.stringify(manifest));
    const digest = digestOf(body);
    this.#sizes.set(digest, body.length);
    for (const reference of [digest, ...tags]) {
      await this.#ask("PUT", `manifests/${reference}`, body, manifest.mediaType);
    }
    return digest;
  }

  async #ask(method: string, path: string, body?: Uint8Array<ArrayBuffer>, type?: string): Promise<Response> {
    const authorization = this.#authorization();
    const response = await fetch(new URL(path, `http://${this.host}/v2/${REPOSITORY}/`), {
      method,
      ...(body === undefined ? {} : { body: new Blob([body]) }),
      headers: {
        ...(type === undefined ? {} : { "content-type": type }),
        ...(authorization === undefined ? {} : { authorization }),
      },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
    return response;
  }

  #authorization(): string | undefined {
    if (this.#door === "password") return basic(USER, PASSWORD);
    return this.#tokens && `Bearer ${this.#tokens.issue(REPOSITORY, ["pull", "push"])}`;
  }

  async #untilReady(): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt++) {
      const status = await fetch(`http://${this.host}/v2/`).then(async (answer) => {
        await answer.body?.cancel();
        return answer.status;
      }, () => 0);
      if (status === 200 || status === 401) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("The registry does not answer.");
  }
}

/** The only repository. */
export const REPOSITORY = "team/k8svent";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";

/** The only user, whose password went through bcrypt with as few rounds as it allows. */
const HTPASSWD = `${USER}:$2b$04$k8sventk8sventk8sventOWR5MXZ2eN.LmZNVG5FWqbZpY0q.NmFO\n`;

function configuration(
  host: string,
  folder: string,
  door: Door,
  tokens: TokenServer | undefined,
): unknown {
  const htpasswd = { htpasswd: { realm: "registry", path: `${folder}/htpasswd` } };
  const auth = door === "password" ? htpasswd : tokens && {
    token: {
      realm: `http://${tokens.host}/token`,
      service: "registry",
      issuer: "tokens",
      rootcertbundle: `${folder}/certificate.pem`,
    },
  };
  return {
    version: "0.1",
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: folder } },
    http: { addr: host },
    ...(auth && { auth }),
  };
}

function digestOf(body: Uint8Array): string {
  return `sha256:${createHash("sha256").update(body).digest("hex")}`;
}
