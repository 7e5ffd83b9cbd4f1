import { ConfigError, readConfig } from "../../src/config/config.ts";
import { WRONG_FILES } from "./wrong_files.ts";

/** The golden file. */
export const BOOK: URL = new URL("wrong_files.md", import.meta.url);

/** Characters of a file that are shown; the rest is more of the same. */
const SHOWN = 1_000;

/** What is said of a file that is wrong. */
export async function sentencesOf(text: string): Promise<readonly string[]> {
  try {
    await readConfig(text, { file: "/etc/k8svent/k8svent.yaml", realPath: (path) => path });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.messages;
    throw error;
  }
}

/** The page with every wrong file and what is said of it now. */
export async function bookOf(): Promise<string> {
  const entries: string[] = [];
  for (const [title, text] of Object.entries(WRONG_FILES)) {
    const shown = visible(text).slice(0, SHOWN).trimEnd();
    const sentences = (await sentencesOf(text)).map((sentence) => sentence.replace("/etc/k8svent/", ""));
    entries.push(
      `## ${title}\n\n\`\`\`yaml\n${shown}\n\`\`\`\n\n${sentences.map((one) => `    ${one}\n`).join("")}`,
    );
  }
  return `${HEAD}\n${entries.join("\n")}`;
}

const HEAD = `# What is said of a configuration file that is wrong

Every way in \`wrong_files.ts\`, with the sentences as they are said now. Written by \`deno task config:sentences\`; a test
fails while the page is not what the program says. Read it as the person who made the mistake.
`;

/** Control characters as a person can see them. */
function visible(text: string): string {
  return text.replace(
    /[^\P{Cc}\n]/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
