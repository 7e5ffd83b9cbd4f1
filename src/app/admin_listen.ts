import { Access } from "../admin/access.ts";
import type { Admin } from "../admin/admin.ts";
import { adminService } from "../admin/admin_service.ts";
import { listen, type Listening } from "../admin/listen.ts";
import { tokenOf } from "../admin/token.ts";
import type { Options } from "../cli/options.ts";
import { hostLabel } from "../http/failure.ts";
import type { FileText } from "../runtime/credential_files.ts";
import { SecretFileError } from "../runtime/secret_file.ts";
import { credentialFiles, type World } from "./world.ts";

/** Bytes of a token's file: what is larger is another one. */
const LARGEST_TOKEN = 4_096;

/** Serves page and API. Loaded only where that is asked for. @throws {ListenError | SecretFileError} */
export function listenForAdmin(
  { adminListen: address, adminTokenFile, state }: Options & Required<Pick<Options, "adminListen">>,
  admin: Admin,
  world: Pick<World, "clock" | "env" | "log" | "realPath">,
): Listening {
  const { clock, log } = world;
  const closing = new AbortController();
  const token = adminTokenFile === undefined ? undefined : tokenFile(adminTokenFile, state, world);
  const access = new Access({
    clock,
    log,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    ...token !== undefined && { token },
    ...address.host !== undefined && { host: address.host },
    stop: closing.signal,
  });
  const service = adminService({ admin, access, clock, log });
  const flag = { name: "--admin-listen", spelled: "--admin-listen HOST:PORT" };
  const listening = listen(address, service, clock, flag);
  const { host = "localhost" } = address;
  const who = token === undefined ? "to all who use this machine" : "to who has the token";
  log.info(`Page and API are served ${who} at http://${hostLabel(host, listening.port)}/.`);
  return {
    port: listening.port,
    async close(): Promise<void> {
      closing.abort();
      await listening.close();
    },
  };
}

/** What reads the token. @throws {SecretFileError} where there is none now */
function tokenFile(
  path: string,
  state: string | undefined,
  world: Pick<World, "clock" | "env" | "realPath">,
): () => FileText {
  const files = credentialFiles(state === undefined ? {} : { state }, world);
  const read = (): FileText => tokenOf(files.text(path, "--admin-token-file", LARGEST_TOKEN), path);
  const found = read();
  if ("problem" in found) throw new SecretFileError(`No token can be had: ${found.problem}.`);
  return read;
}
