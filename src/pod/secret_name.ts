/**
 * Whether a value is a secret by its name. `DB_PASSWORD`, `apiKey` and `x-auth-token` say so; `TOKEN_TTL=3600`,
 * `SECRET_NAME=db` and `PASSWORD_FILE=/run/db` name one without being one, which both the name and the value must say.
 * In doubt it is one: a mask too many costs a look at the cluster, one too few a secret.
 */

/** Found anywhere in a name, whatever stands between its words: `MYSQLPASSWORD`, `access_key`. */
const IN_NAME = new RegExp(
  [
    "passw(?:or)?d",
    "pswd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "credential",
    "cookie",
    "authorization",
    "(?:api|access|private|secret|auth|ssh|rsa|encryption|signing|session|master|account|shared)keys?",
    "(?:connection|conn)str",
    "(?:db|pg|my|user|root|admin|redis|smtp|mail|require|store|key)pass",
    "(?:db|root|admin|bind)pw",
    "(?:basic|master)auth",
  ].join("|"),
);

/** Only as a word of its own: `monkey` is no key, `author` not about authentication. */
const WORDS = new Set(
  "key keys auth pass pwd pw dsn cred creds pat jwt otp psk sas salt bearer hmac pem mnemonic".split(" "),
);

/** Of what a name says by its last word, what is no secret. */
const HARMLESS: readonly { last: ReadonlySet<string>; value: RegExp }[] = [
  {
    // Where a secret is; not the secret.
    last: new Set("file path dir directory folder location mount pwd oldpwd".split(" ")),
    value: /^(?:~|\.{1,2})?(?:\/[\w.@:-]+)+\/?$/,
  },
  {
    last: new Set(
      "url uri endpoint host hostname port address addr server issuer domain realm region".split(" "),
    ),
    value: /^(?:[a-z][a-z0-9+.-]*:\/\/)?[\w.-]+(?::\d+)?(?:\/[\w.~-]{0,40})*$/i,
  },
  {
    last: new Set(
      ("ttl timeout expiry expiration expires seconds minutes hours days interval length size count limit max min " +
        "tokens second minute hour day lifetime age period retries rotation bits version duration").split(
          " ",
        ),
    ),
    value: /^\d{1,15}(?:\.\d{1,9})?\s?[a-z]{0,7}$/i,
  },
  {
    // A name of something, such as of a Secret.
    last: new Set(
      "name ref type algorithm alg method mode provider header prefix kind class format".split(" "),
    ),
    value: /^[A-Za-z](?:[A-Za-z.-]{0,62}|[a-z0-9.-]{0,30})$/,
  },
];

/** Says whether, not what. */
const SWITCH = /^(?:true|false|yes|no|on|off|null|nil|none|enabled?|disabled?)?$/i;

/** A file is none, whatever is in it: `--key /etc/tls/server.key`. Keys in base64 have letters of both cases. */
const PATH = /^(?:\/[a-z\d._@-]{1,60}){2,16}$/;

/** What kubelet and shell put a value in the place of: a reference. */
const REFERENCE = /^\$(?:\(\w{1,253}\)|\{\w{1,253}\}|[A-Za-z_]\w{0,252})$/;

/** Names of what is random and known to all. */
const PUBLIC = new Set(
  ("hash digest checksum sha sha1 sha256 sha512 md5 commit revision rev uid uuid guid id etag fingerprint image " +
    "version build mirror").split(" "),
);

/** Whether the value of this name is a secret by what the name says. */
export function isSecretByName(name: string, value: string): boolean {
  if (SWITCH.test(value) || !saysSecret(name)) return false;
  if (REFERENCE.test(value) || PATH.test(value)) return false;
  const last = wordsOf(name).at(-1) ?? "";
  return !HARMLESS.some((rule) => rule.last.has(last) && rule.value.test(value));
}

/** Whether what has this name is a number or a digest that everybody may know, however random it looks. */
export function isPublicByName(name: string): boolean {
  return !saysSecret(name) && wordsOf(name).some((word) => PUBLIC.has(word));
}

/** What each secret's name holds somewhere: nearly all names are ruled out by it. */
const HINT =
  /pass|pw|pswd|secret|token|cred|cookie|key|auth|dsn|pat|jwt|otp|psk|sas|salt|bearer|hmac|pem|mnem|conn/i;

/** Whether a name is one of a secret, whatever its value. */
export function saysSecret(name: string): boolean {
  // A checksum of a file of secrets is there so that a rollout sees a change: it is meant to be public.
  if (!HINT.test(name) || name.startsWith("checksum/")) return false;
  return wordsOf(name).some((word) => WORDS.has(word)) ||
    IN_NAME.test(name.toLowerCase().replace(/[^a-z\d]+/g, ""));
}

/** `api`, `key`, `id` of `apiKeyID`, `API_KEY_ID` and `api-key.id`. */
function wordsOf(name: string): string[] {
  return name.replace(/([a-z\d])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, "$1$3 $2").toLowerCase().split(/[^a-z\d]+/)
    .filter((word) => word !== "");
}
