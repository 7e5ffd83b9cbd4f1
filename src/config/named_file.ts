import { dirname, isAbsolute, join, normalize } from "node:path";

/**
 * Which files the configuration may name. Whoever may edit the ConfigMap must not be able to have the API server's token
 * sent to a URL of theirs, so no option may name a file in the service account's folder, nor one in the folder of the
 * state, which holds pods. Links and `..` are followed first, as far as they lead to something.
 */

/** Where a pod's service account is mounted; `/var/run` is a link to `/run` on most systems, and here or there to none. */
const SERVICE_ACCOUNTS = [
  "/var/run/secrets/kubernetes.io/serviceaccount",
  "/run/secrets/kubernetes.io/serviceaccount",
];

/** What decides about a file. */
export interface FileFolders {
  /** K8SVENT_SERVICE_ACCOUNT: where the service account is, if it is elsewhere. */
  serviceAccount?: string | undefined;
  /** The file of --state. */
  state?: string | undefined;
  /** The path without links; throws where there is no such file. */
  realPath: (path: string) => string;
}

/** Why a file may not be named, as a clause; undefined: it may. */
export function fileFault(
  path: string,
  { serviceAccount, state, realPath }: FileFolders,
): string | undefined {
  const isIn = (folder: string): boolean => isWithin(path, folder, realPath);
  if ([...SERVICE_ACCOUNTS, ...serviceAccount ? [serviceAccount] : []].some(isIn)) {
    return "names a file of the service account, which is for the API server alone";
  }
  if (state !== undefined && isIn(dirname(state))) {
    return "names a file in the folder of the state, which is k8svent's alone";
  }
  return undefined;
}

function isWithin(path: string, folder: string, realPath: (path: string) => string): boolean {
  const paths = [normalize(path), resolved(path, realPath)];
  const folders = [normalize(folder), resolved(folder, realPath)];
  return paths.some((one) =>
    folders.some((other) => one === other || one.startsWith(other.replace(/\/*$/, "/")))
  );
}

/** Links followed, also where the file is not there yet: then those of the nearest folder that is. */
function resolved(path: string, realPath: (path: string) => string): string {
  try {
    return realPath(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(resolved(folder, realPath), path.slice(folder.length));
  }
}

/** A path of the file as it can be opened: one that is not absolute begins at the file's folder. */
export function fromFolderOf(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}
