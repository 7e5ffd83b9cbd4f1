import assert from "node:assert/strict";
import { MASK, type Span } from "./located.ts";
import { secretsIn, secretsInArgument } from "./secret_shape.ts";

function masked(value: string, spans: Span[]): string {
  let result = "";
  let at = 0;
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    if (to <= at) continue;
    result += value.slice(at, Math.max(at, from)) + (from > at || result === "" ? MASK : "");
    at = to;
  }
  return result + value.slice(at);
}

const variable = (name: string, value: string): string => masked(value, secretsIn(name, value));
const argument = (...items: string[]): string[] =>
  items.map((item, index) => masked(item, secretsInArgument(items[index - 1], item)));
/** No scanner of repositories is to take the test's keys for real ones. */
const key = (...parts: string[]): string => parts.join("");

Deno.test("a variable whose name says that it is a secret is one, however it is written", () => {
  const names =
    "PASSWORD DB_PASSWORD MYSQLPASSWORD PGPASSWORD db.passwd userPass API_KEY apiKey API-KEY APIKEYS " +
    "AWS_SECRET_ACCESS_KEY CLIENT_SECRET AUTH_TOKEN githubToken CREDENTIALS GOOGLE_CREDS SENTRY_DSN BASIC_AUTH " +
    "SESSION_COOKIE JWT PRIVATEKEY SSH_PRIVATE_KEY PASSPHRASE ENCRYPTIONKEY x-api-key Authorization SALT " +
    "requirepass masterauth storepass keypass MAILPASS LDAP_BINDPW DBPWD PSWD basicauth SESSIONKEY RSAKEY";
  for (const name of names.split(" ")) assert.equal(variable(name, "hunter2"), MASK, name);
});

Deno.test("a name that only looks like one of a secret hides nothing", () => {
  const names = "MONKEY AUTHOR KEYCLOAK PASSENGERS COMPASS KEYBOARD PATH OAUTHLESS DESALTED HOSTNAME NOTOP";
  for (const name of names.split(" ")) assert.equal(variable(name, "banana"), "banana", name);
});

Deno.test("where name and value say that it is not the secret itself, it stays", () => {
  const harmless: [string, string][] = [
    ["PASSWORD_FILE", "/run/secrets/db"],
    ["TOKEN_PATH", "./token"],
    ["TOKEN_TTL", "3600"],
    ["TOKEN_EXPIRY", "15m"],
    ["MAX_TOKENS", "4096"],
    ["GOOGLE_APPLICATION_CREDENTIALS", "/var/secrets/google/key.json"],
    ["SECRET_NAME", "db-credentials"],
    ["AUTH_TYPE", "basic"],
    ["AUTH_URL", "https://auth.example.com/token"],
    ["TOKENIZERS_PARALLELISM", "false"],
    ["AUTH_ENABLED", "true"],
    ["DB_PASSWORD", "$(OTHER)"],
    ["DB_PASSWORD", ""],
    ["TLS_KEY", "/etc/tls/server.key"],
    ["checksum/secret", "4f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d"],
  ];
  for (const [name, value] of harmless) assert.equal(variable(name, value), value, name);
  // The name alone is not enough.
  assert.equal(variable("PASSWORD_FILE", "hunter2"), MASK);
  assert.equal(variable("TOKEN_TTL", "abcdef123456"), MASK);
  assert.equal(variable("AUTH_URL", "https://u:p@auth.example.com/"), MASK);
  assert.equal(variable("SECRET_NAME", "h7G2kk91LmPQ"), MASK);
});

Deno.test("known kinds of keys are found anywhere in a value", () => {
  const hex = "0123456789abcdef0123456789abcdef";
  const keys = [
    key("AK", "IAQWERTYUIOPASDF23"),
    key("gh", "p_0123456789abcdefghijABCDEFGHIJ012345"),
    key("github", "_pat_", "A".repeat(22), "_", "b".repeat(59)),
    key("gl", "pat-abcdefghij0123456789"),
    key("xo", "xb-123456789012-1234567890123-abcdefghijklmnop"),
    key("xa", "pp-1-A0123456789-1234567890-abcdef"),
    key("sk", "_live_51Habcdefghijklmnop0123456"),
    key("wh", "sec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    key("AI", "zaSyA1234567890abcdefghijklmnopqrstuv"),
    key("sk", "_test_0123456789"),
    key("xo", "xp-12345678"),
    key("np", "m_abcdefghijklmnopqrstuvwxyz0123456789"),
    key("SG", ".abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"),
    key("hv", "s.CAESIabcdefghijklmnopqrstuvwxyz0123456789"),
    key("do", "p_v1_", hex, hex),
    key("sk", "-ant-api03-abcdefghijklmnopqrstuvwxyz"),
    key("dckr", "_pat_abcdefghijklmnopqrstuvwxyz"),
    key("glsa", "_abcdefghijklmnopqrstuvwxyz012345_01234567"),
    key("ey", "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln"),
    "123456789:AAabcdefghijklmnopqrstuvwxyz0123456",
  ];
  for (const one of keys) {
    assert.equal(variable("X", one), MASK, one);
    assert.equal(variable("X", `see (${one}), please`), `see (${MASK}), please`, one);
  }
});

Deno.test("of a URL the password alone goes", () => {
  const urls: [string, string][] = [
    ["postgres://app:s3cr3t@db:5432/x?ssl=on", `postgres://app:${MASK}@db:5432/x?ssl=on`],
    ["redis://:pw@r:6379/0", `redis://:${MASK}@r:6379/0`],
    ["mongodb://u:p@h1:27017,h2:27017/db", `mongodb://u:${MASK}@h1:27017,h2:27017/db`],
    ["amqp://a:b@h1,amqp://c:d@h2", `amqp://a:${MASK}@h1,amqp://c:${MASK}@h2`],
    ["https://u:p@ss/w@rd@host/x", `https://u:${MASK}@host/x`],
    ["https://u:p@host/x?mail=a@b.c", `https://u:${MASK}@host/x?mail=a@b.c`],
  ];
  for (const [url, expected] of urls) assert.equal(variable("DATABASE_URL", url), expected);
  for (
    const url of ["https://host:8080/a?mail=a@b.c", "https://user@host/", "https://r:5000/img@sha256:ab"]
  ) {
    assert.equal(variable("DATABASE_URL", url), url);
  }
});

Deno.test("URLs whose path is the secret keep their host", () => {
  assert.equal(
    variable("WEBHOOK", "https://hooks.slack.com/services/T0/B0/aBc"),
    `https://hooks.slack.com/services/${MASK}`,
  );
});

Deno.test("a secret that is set within a value goes, and the rest stays", () => {
  const values: [string, string][] = [
    ["-Xmx1g -Ddb.password=abc -Dx=y", `-Xmx1g -Ddb.password=${MASK} -Dx=y`],
    ["Server=db;Password=p w,d;Encrypt=true", `Server=db;Password=${MASK};Encrypt=true`],
    ["jdbc:x://h/db?user=u&password=p&ssl=1", `jdbc:x://h/db?user=u&password=${MASK}&ssl=1`],
    ["host=db user=u password='p w' port=1", `host=db user=u password='${MASK}' port=1`],
    ['{"user":"a","password":"x\\"y","n":1}', `{"user":"a","password":"${MASK}","n":1}`],
    ['{\\"password\\":\\"z\\"}', `{\\"password\\":\\"${MASK}\\"}`],
    ["db:\n  password: foo\n  host: x\n", `db:\n  password: ${MASK}\n  host: x\n`],
    ["api-key=abc,x-scope=y", `api-key=${MASK},x-scope=y`],
    ["Cookie: a=b; c=d", `Cookie: ${MASK}`],
    ["root:p@w@tcp(db:3306)/shop", `root:${MASK}@tcp(db:3306)/shop`],
    ["u:pw@unix(/run/mysqld.sock)/", `u:${MASK}@unix(/run/mysqld.sock)/`],
  ];
  for (const [value, expected] of values) assert.equal(variable("X", value), expected);
});

Deno.test("a secret that stands beside its name goes, as variables do in a copy of a pod", () => {
  const values: [string, string][] = [
    ['[{"name":"A","value":"b"},{"name":"DB_PASSWORD","value":"x y"}]', `x y`],
    ['{\n    "name": "DB_PASSWORD",\n    "value": "x y"\n}', `x y`],
    ['{\\"name\\":\\"DB_PASSWORD\\",\\"value\\":\\"x y\\"}', `x y`],
    ["- name: DB_PASSWORD\n  value: xy\n- name: A\n  value: b", `xy`],
  ];
  for (const [value, secret] of values) {
    assert.equal(variable("X", value), value.replace(secret, MASK));
    assert.equal(variable("X", value.replace("DB_PASSWORD", "CITY")), value.replace("DB_PASSWORD", "CITY"));
  }
});

Deno.test("a secret of several lines in YAML goes with all of them", () => {
  for (const sign of ["|", "|-", ">", ">+", "|2-"]) {
    const text = `a:\n  password: ${sign}\n    one\n\n      two\n  user: me\n`;
    assert.equal(variable("X", text), `a:\n  password: ${MASK}\n  user: me\n`, sign);
  }
  assert.equal(variable("X", "password: |\n  one"), `password: ${MASK}`);
});

Deno.test("a private key in PEM goes, cut off or not; a certificate stays", () => {
  const name = key("RSA PRIVATE", " KEY");
  assert.equal(variable("X", `a -----BEGIN ${name}-----\nMII\n-----END ${name}----- b`), `a ${MASK} b`);
  assert.equal(variable("X", `-----BEGIN ${name}-----\nMII`), MASK);
  const certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
  assert.equal(variable("X", certificate), certificate);
});

Deno.test("what no person would write is a secret, unless it is a digest or an id", () => {
  const random = ["wJalrXUtnFEMI/K7MDENG/bPxRfiCY2mPl3Kq9sT", "da39a3ee5e6b4b0d3255bfef95601890afd80709"];
  for (const value of random) assert.equal(variable("X", value), MASK);
  const [, hex = ""] = random;
  const harmless: [string, string][] = [
    ["GIT_COMMIT", hex],
    ["containerID", hex],
    ["IMAGE", `nginx@sha256:${hex}`],
    ["X", `nginx@sha256:${hex}`],
    ["X", "123e4567-e89b-12d3-a456-426614174000"],
    ["X", "org.springframework.boot.loader.launch.JarLauncher"],
    ["X", "/usr/local/sbin:/usr/local/bin:/opt/java/openjdk17/bin"],
    ["X", "AnnotationConfigServletWebServerApplicationContext2"],
    ["X", "my-very-long-service-name-with-words-2024-01"],
    ["X", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
    ["X", "12345678901234567890123456789012345678"],
    ["X", "arn:aws:iam::123456789012:role/MyRole-With2Long3Names"],
  ];
  for (const [name, value] of harmless) assert.equal(variable(name, value), value);
});

Deno.test("of a command line the values of secret flags go", () => {
  assert.deepEqual(argument("--password=a&b c", "--port=80"), [`--password=${MASK}`, "--port=80"]);
  assert.deepEqual(argument("--token", "xyz", "--token", "-abc1", "--token", "--verbose"), [
    "--token",
    MASK,
    "--token",
    MASK,
    "--token",
    "--verbose",
  ]);
  assert.deepEqual(argument("curl", "-u", "me:pw", "-H", "Authorization: Bearer abc.de1"), [
    "curl",
    "-u",
    `me:${MASK}`,
    "-H",
    `Authorization: ${MASK}`,
  ]);
  assert.deepEqual(argument("--user=me:pw", "--login=a"), [`--user=me:${MASK}`, "--login=a"]);
  assert.deepEqual(argument("sh", "-c", 'export TOKEN=abc; mysql --password "a b" -u root; curl -u a:b x'), [
    "sh",
    "-c",
    `export TOKEN=${MASK}; mysql --password "${MASK}" -u root; curl -u a:${MASK} x`,
  ]);
  const harmless = [
    "--secret-name=db",
    "--tls-private-key-file=/etc/tls/tls.key",
    "--key",
    "/etc/k.pem",
    "--v=2",
  ];
  assert.deepEqual(argument(...harmless), harmless);
});

Deno.test("the credentials behind Bearer and Basic go; the words themselves may stand in a sentence", () => {
  assert.equal(variable("X", "Basic dXNlcjpwYXNz"), `Basic ${MASK}`);
  assert.equal(variable("X", "needs basic authentication"), "needs basic authentication");
});

Deno.test("a text made to be slow to look through is not", () => {
  const pieces =
    'eyJ- eyJ. SG. xoxb- ops_eyJ a= a=" a=\' a: token=" token=\'" token=a://b: pass=$( key=\\ \\" :// a://a: a,a:// :: / A a- 0aA'
      .split(" ").concat(
        "-----BEGIN ",
        "-----BEGIN CERTIFICATE",
        "--token ",
        "-u a:",
        "password: ",
        "Bearer ",
        "name: a value: ",
        "password: |\n ",
        "password: |\n\n",
        "password: |",
        "a:@tcp",
        "a:@tcp(",
      );
  for (const piece of pieces) {
    const text = piece.repeat(250_000 / piece.length);
    const began = performance.now();
    secretsIn("X", text);
    secretsInArgument("--x", text);
    const took = performance.now() - began;
    assert(took < 5_000, `${JSON.stringify(piece)} took ${Math.round(took)} ms`);
  }
});
