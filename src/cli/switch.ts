import { quote, UsageError } from "../config/usage_error.ts";

/** What is said of a switch that has another value behind `=`: not which one, as it may be anything. */
export const SWITCH = "is a switch: give it without a value, or with =true or =false.";

/** Whether it says on or off. */
export function isSwitchValue(value: string): boolean {
  return ON.test(value) || OFF.test(value);
}

const ON = /^(true|1|yes|on)$/i;
const OFF = /^(false|0|no|off)$/i;

/** What a switch may be set to in the environment, and behind `=`. */
export function parseSwitch(value: string, from: string): boolean {
  if (ON.test(value)) return true;
  if (OFF.test(value)) return false;
  throw new UsageError(`${from} must be true or false, not ${quote(value)}.`);
}
