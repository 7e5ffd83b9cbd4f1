/** By the name of the runtime's error. */
const BY_NAME: Record<string, string> = {
  NotFound: "it does not exist; create it, or correct its path",
  PermissionDenied: "the permissions do not let this user use it",
  IsADirectory: "it is a directory; name a file in it",
  NotADirectory: "a part of its path is a file, not a folder",
  FilesystemLoop: "its symbolic links form a loop",
  NotSupported: "it is no plain file",
  TimedOut: "it is a pipe, and for 10 seconds nothing came from it",
};

/** By the system's code, where the runtime has no name of its own. */
const BY_CODE: Record<string, string> = {
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "this user's share of the disk is used up",
  EFBIG: "it may not become larger (ulimit -f; LimitFSIZE= of systemd)",
  EIO: "the disk has a fault",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "its name is too long",
};

/** What the runtime lets nobody open who may not do everything, whatever the permissions are. */
const SYSTEM = /^\/(proc|sys|dev)(\/|$)/;

/**
 * Why a file cannot be opened, as a clause for people: the runtime's own words are about its flags and error numbers.
 *
 * @param path as it was given
 */
export function fileFault(error: unknown, path: string): string {
  const { name, code } = error instanceof Error ? error as Error & { code?: string } : { name: "", code: "" };
  if (name === "NotCapable") {
    return SYSTEM.test(path)
      ? "it belongs to the system and cannot be used here"
      : "this build may use only files below /etc/k8svent, /var/run/secrets/k8svent (secrets) and /var/lib/k8svent (the state); mount it there";
  }
  if (name === "NotFound" && path.startsWith("~/")) {
    return "a shell replaces ~ with the home folder only at the beginning of a word; write it out";
  }
  return BY_NAME[name] ?? BY_CODE[code ?? ""] ?? "it cannot be opened";
}
