/** What the operating system says (EMFILE, ENFILE) where nothing more may be opened: files, connections and ports are all counted. */
export const NO_MORE_FILES = /too many open files|\bE[MN]FILE\b/i;

/** What to do about it, as a part of a sentence. */
export const RAISE_FILES =
  "this program may open no more files and connections. Raise its limit (ulimit -n; LimitNOFILE= of systemd)";
