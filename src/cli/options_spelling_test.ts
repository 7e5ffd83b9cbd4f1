import assert from "node:assert/strict";
import { complaint, parse, URL_FLAG } from "../../tests/kit/command_line.ts";

Deno.test("an unknown flag is met with a suggestion and without the value that it carried", () => {
  const message = complaint(["--secrt=T0PSECRET"]);
  assert.match(message, /There is no flag --secrt\. Did you mean --secret\?/);
  assert.doesNotMatch(message, /T0PSECRET/);
  assert.match(complaint(["-xT0PSECRET"]), /^There is no flag -x\./);
  assert.match(complaint(["--once=T0PSECRET"]), /^--once is a switch/);
  assert.match(complaint(["--url"]), /^--url needs a value/);
});

for (
  const [typed, meant] of [
    ["-A", /^There is no flag -A\. The pods of all namespaces are followed unless --namespace/],
    ["--all-namespaces", /The pods of all namespaces are followed unless --namespace names some\./],
    ["-l", /Did you mean --selector S\?/],
    ["--label-selector", /Did you mean --selector S\?/],
    ["--webhook", /Did you mean --url URL\?/],
    ["--webhooks", /Did you mean --url URL, once for each\?/],
    ["-f", /Files are named by --config, --kubeconfig, --secret-file and --state\./],
    ["--watch", /It watches of itself/],
    ["-o", /\. Use --once to print the pods as JSON\./],
    ["--dry-run", /\. Use --once without a webhook to print what would be sent\./],
    ["-v", /\. Use --log-level debug to see more, or --version for the version\./],
    ["--config-file", /Did you mean --config FILE\?/],
    ["--metrics", /\. --listen HOST:PORT answers probes and metrics/],
    ["--insecure-skip-tls-verify", /\. Name the authority's PEM file in DENO_CERT, or/],
    ["--no-update", /Did you mean --update off\?/],
    ["--namespaces", /Did you mean --namespace\?/],
    ["--kube-config", /Did you mean --kubeconfig\?/],
    ["--kubecofnig", /Did you mean --kubeconfig\?/],
    ["--intervall", /Did you mean --interval\?/],
    ["--log_level", /Did you mean --log-level\?/],
    ["--URL", /Did you mean --url\?/],
    ["--versoin", /Did you mean --version\?/],
    ["--hlep", /Did you mean --help\?/],
    ["--nothing-like-it", /^There is no flag --nothing-like-it\. "k8svent --help"/],
  ] as const
) {
  Deno.test(`${typed} is no flag, and the error says what to write`, () => {
    assert.match(complaint([typed, "x"]), /^There is no flag --?[A-Za-z_-]+\./);
    assert.match(complaint([typed, "x"]), meant);
    assert.doesNotMatch(complaint([`${typed}=T0PSECRET`]), /T0PSECRET/);
  });
}

for (
  const typed of ["\u2013url", "\u2014url=x", "\u2010\u2010url", "-\u2011url", "\u2212u", "\uff0d\uff0durl"]
) {
  Deno.test(`${typed} begins with no hyphen, which is said`, () => {
    assert.match(
      complaint([typed, "x"]),
      /^A flag begins with a dash that is not a hyphen .*: write --?u(rl)?\.$/,
    );
    assert.doesNotMatch(complaint([`${typed}T0PSECRET`]), /T0PSECRET/);
  });
}

Deno.test("a dash that is not a hyphen is fine in a value", () => {
  assert.equal(parse([...URL_FLAG, "--context", "\u2013dev"]).context, "\u2013dev");
});

Deno.test("a word behind a switch, and one of white space, is said to be that", () => {
  assert.match(complaint([...URL_FLAG, "--once", "true"]), /^--once is a switch/);
  for (const word of ["", " ", "\\", "\r"]) assert.match(complaint([...URL_FLAG, word]), /white space/);
  assert.match(complaint([...URL_FLAG, "T0PSECRET"]), /takes flags only/);
  for (const word of ["once", "url", "url=https://T0PSECRET.example", "state=T0PSECRET"]) {
    assert.match(complaint([word]), /^k8svent takes flags only: did you mean --(once|url|state)\?/);
  }
  for (const flag of ["--help=x", "--version=x"]) assert.match(complaint([flag]), /is a switch/);
});

Deno.test("a switch may be said to be on or off behind =, which goes before its variable and the file", () => {
  const once = (...argv: string[]): boolean => parse([...URL_FLAG, ...argv]).once;
  assert.deepEqual([once("--once=true"), once("--once=1"), once("--once=false"), once("--once=off")], [
    true,
    true,
    false,
    false,
  ]);
  assert.deepEqual([once("--once", "--once=false"), once("--once=false", "--once")], [false, true]);
  assert.equal(parse([...URL_FLAG, "--once=false"], { K8SVENT_ONCE: "true" }).once, false);
  assert.equal(parse([...URL_FLAG, "--context", "--once=false"]).context, "--once=false");
  for (const value of ["maybe", "", "T0PSECRET"]) {
    assert.match(
      complaint([...URL_FLAG, `--once=${value}`]),
      /^--once is a switch: give it without a value, or with =true or =false\.$/,
    );
  }
});

Deno.test("flags behind -- are said to be none, and what is no flag at all is said to be that", () => {
  for (const argv of [["--", "--once"], [...URL_FLAG, "--", "-n", "shop"], ["--once", "--", "--url", "x"]]) {
    assert.match(
      complaint(argv),
      /^What follows "--" is not read as flags, and nothing else is taken: leave it out\.$/,
    );
  }
  assert.equal(parse([...URL_FLAG, "--"]).endpoints.length, 1);
  for (const word of ["--=x", "-'x"]) {
    assert.match(complaint([...URL_FLAG, word]), /^There is no such flag\./, word);
  }
});

Deno.test("a variable that holds separators alone is refused: without its values more would be followed and sent", () => {
  for (const variable of ["K8SVENT_NAMESPACE", "K8SVENT_REDACT", "K8SVENT_REASONS", "K8SVENT_WEBHOOKS"]) {
    assert.match(
      complaint(URL_FLAG.length > 0 && variable === "K8SVENT_WEBHOOKS" ? [] : URL_FLAG, {
        [variable]: " , ,",
      }),
      new RegExp(`^${variable} holds separators alone: give it a value, or leave it out\\.$`),
    );
  }
});

Deno.test("what was left in the place of a value is refused, whichever flag or variable it is for", () => {
  const left: [string, string, RegExp][] = [
    ["--interval", '"2m"', /in quotes/],
    ["--namespace", "\u201cshop\u201d", /in quotes/],
    ["--kubeconfig", "'/home/me/config'", /in quotes/],
    ["--state", "$HOME/state.db", /only a shell fills in/],
    ["--secret-file", "${HOME}/secret", /only a shell fills in/],
    ["--context", "<nil>", /a template writes/],
    ["--selector", "{{ .Values.selector }}", /a placeholder that was not filled in/],
    ["--environment", "$(CLUSTER)", /a placeholder that was not filled in/],
    ["--listen", "<address>", /a placeholder/],
    ["--timeout", "15s # short", /holds a comment/],
  ];
  for (const [flag, value, said] of left) {
    assert.match(complaint([...URL_FLAG, flag, value]), said, `${flag} ${value}`);
    const variable = `K8SVENT_${flag.slice(2).toUpperCase().replaceAll("-", "_")}`;
    assert.match(complaint(URL_FLAG, { [variable]: value }), said, `${variable}=${value}`);
  }
  assert.match(
    complaint([], { K8SVENT_WEBHOOKS: '"https://a.example/T0P,https://b.example/T0P"' }),
    /in quotes/,
  );
  assert.match(complaint([], { K8SVENT_WEBHOOKS: "- https://a.example/T0P" }), /a list of JSON, YAML/);
  assert.match(complaint(URL_FLAG, { K8SVENT_INTERVAL: "K8SVENT_INTERVAL=2m" }), /begins with its own name/);
  assert.match(
    complaint([...URL_FLAG, "--pod-webhooks", "a.example.com,b.example.com"]),
    /give another one by itself/,
  );
});

Deno.test("a word, a duration and a size that are nearly right are met with the right one", () => {
  for (
    const [flag, value, meant] of [
      ["--log-level", "INFO", "info"],
      ["--log-level", "warning", "warn"],
      ["--log-level", "err", "error"],
      ["--source", "wacth", "watch"],
      ["--interval", "2min", "2m"],
      ["--interval", "2 m", "2m"],
      ["--interval", "2M", "2m"],
      ["--interval", "1d", "24h"],
      ["--interval", "30sec", "30s"],
      ["--buffer", "64MB", "64Mi"],
      ["--buffer", "64m", "64Mi"],
      ["--buffer", "1 Gi", "1Gi"],
    ] as const
  ) assert.match(complaint([...URL_FLAG, flag, value]), new RegExp(` Did you mean ${meant}\\?$`), value);
  assert.match(complaint([...URL_FLAG, "--interval", "1.5h"]), /Numbers are whole ones: 90m, or 1h30m\.$/);
  for (const value of ["soon", "64", "10Ki", "1.5"]) {
    assert.doesNotMatch(complaint([...URL_FLAG, "--buffer", value]), /Did you mean/, value);
  }
});

for (const typed of ["-url", "-once", "-kubeconfig", "-namespace=x", "-help", "-version"]) {
  Deno.test(`${typed} is written with two dashes, which is said`, () => {
    assert.match(complaint([typed, "x"]), /^-[a-z]+ is written with two dashes: --[a-z]+\.$/);
  });
}

for (
  const argv of [["--state", "--once"], ["-n", "--selector", "a"], ["--url", "-s", "x"], [
    "--secret",
    "-n",
    "x",
  ]]
) {
  Deno.test(`${argv.join(" ")}: the value that was forgotten is named`, () => {
    assert.match(
      complaint([...URL_FLAG, ...argv]),
      new RegExp(`^${argv[0]} needs a value, and the flag ${argv[1]} follows it`),
    );
  });
}

Deno.test("a value may begin with a dash, where it is no flag", () => {
  assert.deepEqual(parse([...URL_FLAG, "--secret", "-0123456789abcdef"]).secrets, ["-0123456789abcdef"]);
  assert.equal(parse([...URL_FLAG, "--state=--once"]).state, "--once");
});

Deno.test("a short flag takes its value behind a space, at once, and behind =", () => {
  for (const argv of [["-n", "team-a"], ["-nteam-a"], ["-n=team-a"]]) {
    assert.deepEqual(parse([...URL_FLAG, ...argv]).namespaces, ["team-a"]);
  }
});

Deno.test("a stray argument is refused without being repeated", () => {
  const message = complaint(["https://a.example/T0PSECRET"]);
  assert.match(message, /give a webhook with --url URL/);
  assert.doesNotMatch(message, /T0PSECRET/);
});

Deno.test("a URL behind the wrong flag is not shown in full", () => {
  assert.doesNotMatch(complaint([...URL_FLAG, "--interval", "https://a.example/T0PSECRET"]), /T0PSECRET/);
});

Deno.test("what follows a flag that takes a value is its value, whatever it looks like", () => {
  assert.equal(parse([...URL_FLAG, "--selector", "-a=b"]).selector, "-a=b");
});

Deno.test("white space around the name of a file or a context, and a line break in it, is refused", () => {
  for (
    const flag of [
      "--state",
      "--kubeconfig",
      "--context",
      "--admin-token-file",
      "--secret-file",
      "--registry-config",
    ]
  ) {
    for (const value of [" x", "x ", "x\n", "x\ny", "x\u009b"]) {
      assert.match(
        complaint([...URL_FLAG, flag, value]),
        new RegExp(`^${flag} has white space around it or a line break`),
      );
    }
  }
});
