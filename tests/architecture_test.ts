import assert from "node:assert/strict";
import { parsePicture, readPictures } from "./kit/mermaid.ts";
import { type Module, parseModule, readEveryModule, readModules } from "./kit/modules.ts";

/** The stages, in the order in which the data flows. */
const STAGES = ["cluster", "source", "change", "route", "store", "delivery", "http", "update", "admin"];

/** What is built on what: a file knows its own layer and those before it. On top of all is `main.ts`. */
const LAYERS = [["pod", "runtime"], STAGES, ["config"], ["cli"], ["app"]];

/** Folders whose functions depend on their arguments alone. */
const PURE = ["pod", "change", "route"];

/** Words that two stages share as values. An error class is one always: without it there is no `instanceof`. */
const SHARED = [
  // A Status object inside a watch is the same fault as one in an answer.
  "src/cluster/status.ts",
  // The store merges the reasons of the versions that one delivery stands for; the API says which there are.
  "src/change/reasons.ts",
];

const ERROR_CLASS = /^[A-Z]\w*Error$/;

/** Files outside the folders below that exist to touch the world. */
const ADAPTERS = [
  "src/admin/client.ts",
  "src/admin/listen.ts",
  "src/update/docker_config.ts",
  "src/update/http_get.ts",
  "src/store/database.ts",
  "src/store/look.ts",
  "src/store/mark.ts",
  "src/store/owner.ts",
];

/** Folders that touch the world. */
const WORLDLY = ["runtime", "cluster", "http"];

const WORLD =
  /(?<![.\w])(Deno\.|fetch\(|setTimeout\(|setInterval\(|Date\.now|Math\.random|console\.|performance\.|process\.)/g;

const WORLDLY_MODULES =
  /^(undici|node:(child_process|dgram|dns|fs|http2?|https|net|os|process|sqlite|timers|tls|worker_threads)\b.*)$/;

const LONGEST_FILE = 400;

/** `source` of `src/source/watch.ts`; empty for `main.ts`. */
function folder(path: string): string {
  return /^src\/(\w+)\//.exec(path)?.[1] ?? "";
}

function stagesUsed(module: Module): string[] {
  const used = module.imports
    .filter(({ of, values }) => !SHARED.includes(of) && !values.every((name) => ERROR_CLASS.test(name)))
    .map(({ of }) => folder(of))
    .filter((name) => STAGES.includes(name) && name !== folder(module.path));
  return [...new Set(used)];
}

function stagesKnowTypesOnly(module: Module): string[] {
  if (!STAGES.includes(folder(module.path))) return [];
  return stagesUsed(module)
    .map((other) => `${module.path} imports a value of the stage ${other}: import its types only.`);
}

function onlyAppJoinsStages(module: Module): string[] {
  const used = stagesUsed(module);
  if (folder(module.path) === "app" || STAGES.includes(folder(module.path)) || used.length < 2) return [];
  return [`${module.path} imports values of ${used.join(" and ")}: only src/app/ may join two stages.`];
}

function everyFileHasAHome({ path }: Module): string[] {
  return /^src\/[^/]+$/.test(path) ? [`${path} lies directly under src/: which folder is it part of?`] : [];
}

function purePartsArePure(module: Module): string[] {
  const own = folder(module.path);
  if (!PURE.includes(own)) return [];
  return module.imports
    .filter(({ of, values }) => {
      const other = folder(of);
      if (!of.startsWith("src/")) return WORLDLY_MODULES.test(of);
      if (own === "pod") return other !== "pod";
      return values.length > 0 && other !== own && other !== "pod";
    })
    .map(({ of }) => `${module.path} imports ${of}, but src/${own} is pure.`);
}

function importsNeverRunUpwards(module: Module): string[] {
  const own = layerOf(module.path);
  return module.imports
    .filter(({ of }) => layerOf(of) > own)
    .map(({ of }) => `${module.path} imports ${of}, which is built on top of it.`);
}

/** -1: no file of the program. */
function layerOf(path: string): number {
  if (path === "main.ts") return LAYERS.length;
  return LAYERS.findIndex((folders) => folders.includes(folder(path)));
}

function touchesTheWorld(module: Module): boolean {
  return worldIn(module).length > 0;
}

function worldIn({ code, imports }: Module): string[] {
  const used = [...code.matchAll(WORLD)].map(([found]) => found);
  const imported = imports
    .filter(({ of, values }) => values.length > 0 && WORLDLY_MODULES.test(of))
    .map(({ of }) => of);
  return [...new Set([...used, ...imported])];
}

function onlyAdaptersTouchTheWorld(module: Module): string[] {
  const { path } = module;
  if (path === "main.ts" || WORLDLY.includes(folder(path)) || ADAPTERS.includes(path)) return [];
  return worldIn(module).map((what) =>
    `${path} uses ${what}: take it as a parameter; ${ADAPTERS.join(", ")} and ${
      WORLDLY.join("/, ")
    }/ may use it.`
  );
}

function noBarrels(module: Module): string[] {
  // A file that stands for one package is something else: it lets a bundle load that package late.
  if (!module.imports.some(({ of }) => of.startsWith("src/"))) return [];
  const rest = module.code.replace(/^(import|export)\s[^;=]*?from\s*;/gm, "").trim();
  if (rest !== "" && !/^export\s+\*/m.test(module.code)) return [];
  return [`${module.path} only forwards other modules: import those directly.`];
}

/** A bundle would lose the named exports of one that is a CommonJS module; see `src/cli/yaml_text.ts`. */
function packagesAreNamedStatically({ path, text }: Module): string[] {
  return [...text.matchAll(/\bimport\(\s*"([^."][^"]*)"/g)].map(([, of]) =>
    `${path} loads ${of} late: import a file that stands for it.`
  );
}

function filesAreShort(module: Module): string[] {
  if (module.lines <= LONGEST_FILE) return [];
  return [
    `${module.path} has ${module.lines} lines, more than ${LONGEST_FILE}: which two concepts are in it?`,
  ];
}

/** The first cycle found, types included: two files that need each other are one. */
function cycles(modules: Module[]): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const done = new Set<string>();
  const visit = (path: string, way: string[]): string[] => {
    if (way.includes(path)) return [`${[...way.slice(way.indexOf(path)), path].join(" → ")} is a cycle.`];
    if (done.has(path)) return [];
    const next = byPath.get(path)?.imports.map(({ of }) => of).filter((of) => byPath.has(of)) ?? [];
    const found = next.flatMap((of) => visit(of, [...way, path]));
    done.add(path);
    return found;
  };
  return modules.flatMap(({ path }) => visit(path, []));
}

type Rule = (module: Module) => string[];

const RULES: [sentence: string, rule: Rule, breach: Module][] = [
  [
    "a stage knows another stage's types only",
    stagesKnowTypesOnly,
    parseModule("src/source/x.ts", 'import { type A, route } from "../route/route.ts";'),
  ],
  [
    "only src/app/ joins two stages",
    onlyAppJoinsStages,
    parseModule("src/cli/x.ts", 'import { a } from "../route/a.ts";\nimport { b } from "../store/b.ts";'),
  ],
  ["no file lies directly under src/", everyFileHasAHome, parseModule("src/x.ts", "")],
  [
    "pod, change and route are pure",
    purePartsArePure,
    parseModule("src/pod/x.ts", 'import type { Clock } from "../runtime/clock.ts";'),
  ],
  [
    "imports never run upwards",
    importsNeverRunUpwards,
    parseModule("src/delivery/x.ts", 'import type { Options } from "../cli/options.ts";'),
  ],
  [
    "only main.ts, runtime, cluster, http and the adapters touch the world",
    onlyAdaptersTouchTheWorld,
    parseModule("src/route/x.ts", "const now = `${Date.now()}`;"),
  ],
  [
    "no file is a barrel",
    noBarrels,
    parseModule("src/pod/x.ts", '/** All. */\nexport { a, b } from "./a.ts";\n'),
  ],
  [
    "no package is loaded late by its own name",
    packagesAreNamedStatically,
    parseModule("src/cli/x.ts", 'const { parse } = await import("yaml");'),
  ],
];

for (const [sentence, rule, breach] of RULES) {
  Deno.test(`architecture: ${sentence}`, async () => {
    assert.equal(rule(breach).length, 1, "the rule does not see a breach");
    assert.deepEqual((await readModules()).flatMap(rule), []);
  });
}

Deno.test(`architecture: no file is longer than ${LONGEST_FILE} lines, tests and tools included`, async () => {
  const breach = parseModule("tests/x_test.ts", "\n".repeat(LONGEST_FILE + 1));
  assert.equal(filesAreShort(breach).length, 1, "the rule does not see a breach");
  assert.deepEqual((await readEveryModule()).flatMap(filesAreShort), []);
});

Deno.test("architecture: no imports go round in a circle", async () => {
  const a = parseModule("src/a.ts", 'import type { B } from "./b.ts";');
  const b = parseModule("src/b.ts", 'export { c } from "./c.ts";');
  const c = parseModule("src/c.ts", 'const a = await import("./a.ts");');
  assert.deepEqual(cycles([a, b, c]), ["src/a.ts → src/b.ts → src/c.ts → src/a.ts is a cycle."]);
  assert.deepEqual(cycles(await readModules()), []);
});

Deno.test("architecture: every folder has a layer", async () => {
  const homeless = (await readModules()).map(({ path }) => path).filter((path) => layerOf(path) < 0);
  assert.deepEqual(homeless, []);
});

Deno.test("architecture: every exception is still needed", async () => {
  const modules = await readModules();
  const touching = modules.filter(touchesTheWorld).map(({ path }) => path);
  const sharing = modules.filter(({ path }) => STAGES.includes(folder(path)));
  const shared = sharing.flatMap(({ path, imports }) =>
    imports.filter(({ of, values }) => values.length > 0 && folder(of) !== folder(path)).map(({ of }) => of)
  );
  const stale = [
    ...ADAPTERS.filter((path) => !touching.includes(path)),
    ...SHARED.filter((path) => !shared.includes(path)),
  ];
  assert.deepEqual(stale, []);
});

/** Stages beside the pipeline: no pod flows through them. */
const BESIDE = ["update", "admin"];

/** `delivery -.-> store`: of each pair of stages, where one knows the other; dotted: by its types alone. */
function arrowsBetweenStages(modules: Module[]): string[] {
  const solid = new Map<string, boolean>();
  for (const { path, imports } of modules) {
    for (const { of, values } of imports) {
      const [from, to] = [folder(path), folder(of)];
      if (from === to || !STAGES.includes(from) || !STAGES.includes(to)) continue;
      solid.set(`${from} ${to}`, solid.get(`${from} ${to}`) === true || values.length > 0);
    }
  }
  return [...solid].map(([pair, isSolid]) => pair.replace(" ", isSolid ? " --> " : " -.-> ")).sort();
}

Deno.test("architecture: a picture is read as it is drawn", () => {
  const picture = parsePicture(
    'flowchart TD\n  a["A<br/>x"] --> b --> c\n  subgraph s\n    d\n  end\n  b -.-> d',
  );
  assert.deepEqual(picture, { arrows: ["a --> b", "b --> c", "b -.-> d"], groups: { s: ["d"] } });
});

Deno.test("architecture: the picture of the data shows the stages in the order of the flow", async () => {
  const [data] = await readPictures("docs/architecture.md");
  const flow = ["apiserver", ...STAGES.filter((name) => !BESIDE.includes(name)), "receiver"];
  assert.deepEqual(data?.arrows, flow.slice(1).map((to, index) => `${flow[index]} --> ${to}`));
});

Deno.test("architecture: the picture of the folders shows each folder, each layer, and every import between stages", async () => {
  const [, folders] = await readPictures("docs/architecture.md");
  const modules = await readModules();
  const present = new Set(modules.map(({ path }) => folder(path)));
  assert.deepEqual(folders?.groups, { stages: STAGES, base: LAYERS[0] });
  assert.deepEqual(STAGES.filter((name) => !present.has(name)), [], "drawn, but not there");
  const layers = ["main --> app", "app --> cli", "cli --> config", "config --> stages", "stages --> base"];
  assert.deepEqual(folders?.arrows.slice(0, layers.length), layers);
  assert.deepEqual(folders?.arrows.slice(layers.length).sort(), arrowsBetweenStages(modules));
});
