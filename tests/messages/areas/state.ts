import { type Area, HOOK, type Situation } from "../situation.ts";

function state(file: string, more: Partial<Situation> = {}): Situation {
  return { args: [...HOOK, "--state", file], ...more };
}

export const STATE: Area = {
  "A state file that is something else": state("{dir}/notes", { files: { notes: "my notes\n".repeat(500) } }),
  "A state file that is a few bytes of something else": state("{dir}/notes", {
    files: { notes: "my notes\n" },
  }),
  "A state file that is a kubeconfig": state("{dir}/kubeconfig"),
  "A state file that is a folder": state("{dir}/state", { files: { "state/": "" } }),
  "A state file in a folder that is missing": state("{dir}/missing/state.db"),
  "A state file below a file": state("{dir}/notes/state.db", { files: { notes: "" } }),
  "A state file below /proc": state("/proc/state.db"),
  "A state file that is /dev/null": state("/dev/null"),
  "A state file below a tilde": state("~/state.db"),
  "A state file with a name that is too long": state(`{dir}/${"x".repeat(300)}`),
  "A state file whose link leads nowhere": state("{dir}/link", { shell: 'ln -s missing/x {dir}/link; "$@"' }),
  "A state file whose links lead in a circle": state("{dir}/link", { shell: 'ln -s link {dir}/link; "$@"' }),
  "A state file that another program has made": state("{dir}/other.db", {
    files: { "other.db": "SQLite format 3\0" + "\0".repeat(84) },
  }),
  "A state file that was overwritten": state("{dir}/state.db", {
    shell: '"$@" & while ! [ -s {dir}/state.db-wal ]; do sleep 0.1; done; sleep 1; kill -TERM $!; wait; ' +
      'head -c 4096 /dev/zero | tr "\\0" x | dd of={dir}/state.db bs=4096 seek=1 conv=notrunc status=none; "$@"',
  }),
  "A state file that was cut off": state("{dir}/state.db", {
    shell: '"$@" & while ! [ -s {dir}/state.db-wal ]; do sleep 0.1; done; sleep 1; kill -TERM $!; wait; ' +
      'truncate -s 9000 {dir}/state.db; "$@"',
  }),
  "A state file that is empty": state("{dir}/state.db", { files: { "state.db": "" }, until: "Listed " }),
  "A state file that was made now": state("{dir}/state.db", { until: "Listed " }),
};
