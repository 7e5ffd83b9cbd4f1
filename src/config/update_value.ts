import { parseImage } from "../update/image.ts";
import { parseDuration } from "./duration.ts";
import { quote, UsageError } from "./usage_error.ts";

/** Each takes the text of one value and the place that it came from, for the error. */

/** An image whose registry can be asked. */
export function image(value: string, from: string): string {
  if (parseImage(value) !== undefined) return value;
  throw new UsageError(
    `${from} must be an image such as registry.example.com/k8svent:latest, not ${quote(value)}.`,
  );
}

/** A registry that is asked by http. */
export function registry(value: string, from: string): string {
  if (/^[^/@?#\s]+$/.test(value) && URL.canParse(`http://${value}`)) return value.toLowerCase();
  throw new UsageError(`${from} must be HOST or HOST:PORT, without scheme and path, not ${quote(value)}.`);
}

/** Between two looks at the registry. */
export function updateInterval(value: string, from: string): number {
  const milliseconds = parseDuration(value, from);
  if (milliseconds >= 1_000) return milliseconds;
  throw new UsageError(`${from} must be at least 1s; to look for no update at all, use --update off.`);
}
