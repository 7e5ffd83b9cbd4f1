/**
 * What stands in a setting where its value should: the ways from a person to a program leave marks. A template that has no
 * value writes `<nil>`; an env file, systemd's `EnvironmentFile` and docker keep the quotes, comments and `$NAME` that a
 * shell would have taken away; a manifest is pasted with its brackets, a line of settings with its name. Each would be
 * taken for a strange host, file or secret, and the error would come later and from elsewhere.
 *
 * Every function returns a clause that goes on after the setting's name, and shows nothing of the value.
 */

/** The same sign around all of it, or a pair of those that word processors make. */
const QUOTED = /^(["'`]).*\1$|^[“„«‘‚].*[”“»’‘]$/s;

/** Go's templates, printf and JavaScript, where there was nothing. */
const NOTHING = /^(<nil>|<no value>|<none>|%!\w?\(<nil>\)|\[object Object\])$/;

/** The same, as a word that can also be a name. */
const NOTHING_AS_WORD = /^(null|nil|undefined|None)$/;

/** Variables of a shell, a manifest, CMD, PowerShell and Helm, and `<your-secret>`; each alone. */
const PLACEHOLDERS = [
  /^(\$\{.*\}|\$\(\w+\)|\$[A-Za-z_]\w*|\$env:\w+|%[A-Za-z_]\w*%|\{\{.*\}\})$/is,
  /^<[^<>:/]+>$/s,
];

/** Whether a value stands in quotes. */
export function isQuoted(text: string): boolean {
  return QUOTED.test(text);
}

/**
 * A value that is a placeholder from its first to its last character.
 *
 * @param isName whether a word such as `null` may be meant, since things are called so
 */
export function placeholderFault(text: string, isName: boolean): string | undefined {
  if (NOTHING.test(text) || !isName && NOTHING_AS_WORD.test(text)) {
    return "holds what a template writes where it has no value; give it one, or leave it out";
  }
  return PLACEHOLDERS.some((form) => form.test(text)) ? "is a placeholder that was not filled in" : undefined;
}

/** A value as it came from a file or a manifest, before it is split into the entries of a list. */
export function dressFault(text: string, variables: readonly string[]): string | undefined {
  if (isQuoted(text)) {
    return "stands in quotes, which are part of it here (only a shell takes them away): leave them out";
  }
  if (/^\[\s*["'[]|^\[\s*https?:|^-\s+\S/.test(text)) {
    return "is written as a list of JSON, YAML or Markdown: write its entries alone, with commas between them";
  }
  if (variables.some((name) => text.startsWith(`${name}=`))) {
    return "begins with its own name: give only what follows the =";
  }
  if (/^#\s|\s#\s/.test(text)) return "holds a comment, which is part of it here: leave it out";
  return placeholderFault(text, true);
}

/** `$HOME/x`, which only a shell fills in. */
export function pathFault(path: string): string | undefined {
  return /^(\$\w+|\$\{\w+\}|%\w+%)[/\\]/.test(path)
    ? "begins with a variable, which only a shell fills in: write the path out"
    : undefined;
}
