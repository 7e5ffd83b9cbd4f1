import { UsageError } from "../config/usage_error.ts";
import { choice } from "../config/value.ts";
import { SCHEMES } from "../delivery/sign.ts";
import type { Scheme } from "../route/endpoint_settings.ts";

/** What people call them: by the header, the digest, or who else signs so. */
const OTHER_NAMES: readonly [RegExp, Scheme][] = [
  [/^(x-?)?atomist(-signature)?$|^(hmac-?)?sha-?1$/i, "atomist"],
  [/^(x-?)?(git)?hub(-signature)?(-256)?$|^(hmac-?)?sha-?256$/i, "github"],
  [/^(standard-?)?webhooks?(-signature)?$|^svix$|^v1$/i, "standard"],
];

const parse = choice(...SCHEMES);

/** One of the kinds of signature. @throws {UsageError} for any other text, with what may be meant */
export function signatureKind(value: string, from: string): Scheme {
  const known = OTHER_NAMES.find(([names]) => names.test(value))?.[1];
  try {
    return parse(value, from);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const hint = known !== undefined && !error.message.includes("Did you mean")
      ? ` Did you mean ${known}?`
      : /^(none|off|false|no)$/i.test(value)
      ? " To send unsigned, give no secret."
      : /^(all|any|\*)$/i.test(value)
      ? " Leave it out for all of them."
      : "";
    throw new UsageError(error.message + hint);
  }
}
