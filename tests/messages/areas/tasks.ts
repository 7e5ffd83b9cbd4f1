import type { Area, Situation } from "../situation.ts";

function task(task: string, ...args: string[]): Situation {
  return { task, args, cluster: null };
}

export const TASKS: Area = {
  "compile --help": task("compile", "--help"),
  "compile with a flag that does not exist": task("compile", "--nosuch"),
  "compile for a target that does not exist": task("compile", "--target", "beos"),
  "compile with a target that is missing": task("compile", "--target"),
  "compile with a word": task("compile", "linux-arm64"),
  "release with a flag that does not exist": task("release", "--nosuch"),
  "demo with a flag that does not exist": task("demo", "--nosuch"),
  "demo with a word for a number": task("demo", "--pods", "many"),
  "bench:guard with a flag that does not exist": task("bench:guard", "--nosuch"),
  "bench:guard with a word for a number": task("bench:guard", "--rounds", "many"),
  "bench:profile with a flag that does not exist": task("bench:profile", "--https"),
  "bench with a flag that does not exist": task("bench", "--nosuch"),
};
