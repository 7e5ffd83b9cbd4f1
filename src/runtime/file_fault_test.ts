import assert from "node:assert/strict";
import { fileFault } from "./file_fault.ts";

class SystemError extends Error {
  constructor(readonly code: string) {
    super(`Something (os error 1): open '/x'`);
  }
}

for (
  const [error, path, clause] of [
    [new Deno.errors.NotFound(), "/x", "it does not exist; create it, or correct its path"],
    [new Deno.errors.NotFound(), "~/x", /^a shell replaces ~ with the home folder/],
    [new Deno.errors.PermissionDenied(), "/x", "the permissions do not let this user use it"],
    [new Deno.errors.IsADirectory(), "/x", "it is a directory; name a file in it"],
    [new Deno.errors.NotADirectory(), "/x", "a part of its path is a file, not a folder"],
    [new Deno.errors.FilesystemLoop(), "/x", "its symbolic links form a loop"],
    [
      new Deno.errors.NotCapable('Requires read access to "/x"'),
      "/x",
      /^this build may use only files below/,
    ],
    [new Deno.errors.NotCapable("run again with --allow-all"), "/proc/x", /^it belongs to the system/],
    [new Deno.errors.NotCapable("run again with --allow-all"), "/process/x", /^this build may use only/],
    [new SystemError("EROFS"), "/x", "the file system is read-only"],
    [new SystemError("ENOSPC"), "/x", "the disk is full"],
    [new SystemError("EDQUOT"), "/x", "this user's share of the disk is used up"],
    [new SystemError("EFBIG"), "/x", "it may not become larger (ulimit -f; LimitFSIZE= of systemd)"],
    [new SystemError("EIO"), "/x", "the disk has a fault"],
    [new SystemError("EMFILE"), "/x", "too many files are open"],
    [new SystemError("ENAMETOOLONG"), "/x", "its name is too long"],
    [new SystemError("EXYZ"), "/x", "it cannot be opened"],
    ["no error", "/x", "it cannot be opened"],
  ] as const
) {
  Deno.test(`${error instanceof SystemError ? error.code : error} for ${path} is reported in words`, () => {
    const found = fileFault(error, path);
    if (typeof clause === "string") assert.equal(found, clause);
    else assert.match(found, clause);
    assert.doesNotMatch(found, /os error|--allow|Requires/);
  });
}
