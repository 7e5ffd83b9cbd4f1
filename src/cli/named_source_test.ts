import assert from "node:assert/strict";
import { contextOf } from "../../tests/kit/config_files.ts";
import { UsageError } from "../config/usage_error.ts";
import { parseCommand } from "./command.ts";

const TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const URL_FLAG = ["--url", "https://hooks.example.com/"];

/** What a variable sets wrongly, by itself or beside flags. */
const CASES: [variables: Record<string, string>, argv: string[]][] = [
  [{ K8SVENT_INTERVAL: "0" }, [...URL_FLAG, "--source", "poll"]],
  [{ K8SVENT_HEARTBEAT: "1m" }, URL_FLAG],
  [{ K8SVENT_PAYLOAD_ENV: "SHELL" }, URL_FLAG],
  [{ K8SVENT_NAMESPACE: "a", K8SVENT_EXCLUDE_NAMESPACE: "a" }, URL_FLAG],
  [{ K8SVENT_LISTEN: "127.0.0.1:9", K8SVENT_ADMIN_LISTEN: "127.0.0.1:9" }, URL_FLAG],
  [{ K8SVENT_WEBHOOK_SECRET_FILE: TOKEN }, URL_FLAG],
  [{ K8SVENT_REGISTRY_CONFIG: TOKEN }, URL_FLAG],
  [{ K8SVENT_WEBHOOK_SECRET_FILE: TOKEN }, ["doctor", ...URL_FLAG]],
  [{ K8SVENT_WEBHOOK_SECRET_FILE: TOKEN }, ["send-test", ...URL_FLAG]],
  [{ K8SVENT_SECRET_FILE: "$HOME/secret" }, ["receive"]],
  [{ K8SVENT_SECRET_FILE: '"secret"' }, ["receive"]],
];

for (const [variables, argv] of CASES) {
  const names = Object.keys(variables);

  Deno.test(`${argv.join(" ")} names ${names.join(" and ")}, which is wrong, and no flag of it`, async () => {
    const context = { ...contextOf({}), env: (name: string) => variables[name] };
    await assert.rejects(parseCommand(argv, context), (error) => {
      assert(error instanceof UsageError);
      for (const name of names) assert.match(error.message, new RegExp(name));
      const flags = names.map((name) =>
        `--${name.replace(/^K8SVENT_/, "").toLowerCase().replaceAll("_", "-")}`
      );
      for (const flag of flags) assert.doesNotMatch(error.message, new RegExp(`${flag}\\b`));
      assert.doesNotMatch(error.message, /--secret-file/);
      return true;
    });
  });
}

Deno.test("a key of the configuration file is named by its place, with nothing of a flag", async () => {
  const text = `source: poll\ninterval: 0\nendpoints:\n  - {name: a, url: "https://a.example.com/"}\n`;
  const context = contextOf({ "/etc/k8svent/k8svent.yaml": `version: 1\n${text}` });
  await assert.rejects(
    parseCommand(["--config", "/etc/k8svent/k8svent.yaml"], context),
    /k8svent\.yaml:3:11: interval must be above 0 where the source is poll, for example 2m\.$/,
  );
});
