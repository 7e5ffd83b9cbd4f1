import { quote, UsageError } from "../config/usage_error.ts";

const ON = /^(true|1|yes|on)$/i;
const OFF = /^(false|0|no|off)$/i;

/** What a switch is set to behind `=`. Another value is not shown, as it may be anything. @throws {UsageError} */
export function typedSwitch(value: string, flag: string): boolean {
  if (ON.test(value) || OFF.test(value)) return ON.test(value);
  throw new UsageError(`${flag} is a switch: give it without a value, or with =true or =false.`);
}

/** What it is set to in the environment, or a flag of it that was looked at. @throws {UsageError} */
export function parseSwitch(value: string, from: string): boolean {
  if (ON.test(value)) return true;
  if (OFF.test(value)) return false;
  throw new UsageError(`${from} must be true or false, not ${quote(value)}.`);
}
