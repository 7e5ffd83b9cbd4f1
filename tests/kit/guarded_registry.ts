import assert from "node:assert/strict";
import { forever, keyringOf, type Opened, type Reply, type Script } from "./scripted_registry.ts";

/** A server for tokens. */
export const TOKENS = "https://auth.example.com/token";

/** What a `config.json` has for the registry, and how it is sent. */
export const MINE = keyringOf("r.example.com", "me:word");
export const BASIC = `Basic ${btoa("me:word")}`;

/** Who stands before a registry. */
export interface Door {
  /** `WWW-Authenticate`. */
  challenge: string;
  /** Who is let in, by the value of `Authorization`. */
  opensTo: string;
  /** What the token's server says, wherever it is asked. */
  tokens?: (url: URL, authorization: string | undefined) => Reply;
}

/** A registry with one tag, behind a door. Whatever is no path of its API is the token's server. */
export function behind({ challenge, opensTo, tokens }: Door): Script {
  return (text, authorization) => {
    const url = new URL(text);
    if (!/^\/v2\/team\/k8svent\//.test(url.pathname)) {
      return tokens?.(url, authorization) ?? { body: { token: "good" } };
    }
    return authorization === opensTo
      ? { body: { tags: ["1"] } }
      : { status: 401, headers: { "www-authenticate": challenge } };
  };
}

/** It gets in; what it asked on the way, without the list of tags. */
export async function getsIn(opened: Opened): Promise<string[]> {
  assert.deepEqual(await opened.registry.tags(forever), ["1"]);
  return opened.asked.filter((url) => !url.includes("/tags/list"));
}
