import { Document, visit } from "yaml";
import { printableJson } from "../runtime/printable.ts";

/**
 * What is printed as YAML. Only ever import this module lazily: most commands have no use for it, and a lazy import of the
 * package itself would lose its named exports when bundled.
 *
 * YAML allows no control character unescaped, and the library escapes those of ASCII alone. So a text that holds another one,
 * or what nobody sees, stands in double quotes, where JSON's escapes mean the same.
 */
export function yamlText(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node): void {
      const { value } = node;
      if (typeof value === "string" && printableJson(value) !== value) node.type = "QUOTE_DOUBLE";
    },
  });
  return printableJson(document.toString());
}
