import { UsageError } from "../config/usage_error.ts";

/*
 * How people write flags that other programs take, or copy from a document: what is meant is plain, and is taken, or named.
 */

/** A flag's letter, where it has one. */
export interface Lettered {
  short?: string;
}

/**
 * An argument as commander reads it: a short flag's value may stand behind `=`, which kubectl takes.
 *
 * @throws {UsageError} for a dash that is no hyphen, and for a long flag with one dash
 */
export function respelled(argument: string, flags: ReadonlyMap<string, Lettered>): string[] {
  checkDashes(argument, flags);
  const [, long] = /^-([a-z][a-z-]+)(?:=|$)/.exec(argument) ?? [];
  if (long !== undefined && flags.has(long)) {
    throw new UsageError(`-${long} is written with two dashes: --${long}.`);
  }
  const [, short, value] = /^(-[A-Za-z])=(.*)$/s.exec(argument) ?? [];
  return short === undefined || value === undefined ? [argument] : [short, value];
}

/** Word processors and chats make one long dash, or another sign, of the hyphens of a flag that is copied from them. */
function checkDashes(argument: string, flags: ReadonlyMap<string, Lettered>): void {
  const [, dashes = "", rest = ""] =
    /^([-\u2010-\u2015\u2212\uFE58\uFE63\uFF0D]+)([a-z-]*)/i.exec(argument) ?? [];
  if (/^-*$/.test(dashes)) return;
  const flag = [...flags].find(([name, { short }]) => rest === name || rest === short);
  const meant = flag === undefined ? "" : `: write ${rest.length === 1 ? "-" : "--"}${rest}`;
  throw new UsageError(
    `A flag begins with a dash that is not a hyphen (was it copied from a document?)${meant}.`,
  );
}
