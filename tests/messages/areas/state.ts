import { ANY_HOOK, type Area, type Situation } from "../situation.ts";

function state(file: string, more: Partial<Situation> = {}): Situation {
  return { args: [...ANY_HOOK, "--state", file], ...more };
}

export const STATE: Area = {
  "A state file that is something else": state("{dir}/notes", { files: { notes: "my notes\n".repeat(500) } }),
  "A state file that is a few bytes of something else": state("{dir}/notes", {
    files: { notes: "my notes\n" },
  }),
  "A state file that is empty": state("{dir}/state.db", { files: { "state.db": "" }, until: "delivers to" }),
  "A state file that was made now": state("{dir}/state.db", { until: "delivers to" }),
};
