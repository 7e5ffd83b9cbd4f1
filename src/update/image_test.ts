import assert from "node:assert/strict";
import { type Image, parseImage } from "./image.ts";

const HEX = "0123456789abcdef".repeat(4);
const DIGEST = `sha256:${HEX}`;

const GOOD: [string, Image][] = [
  ["k8svent", { registry: "docker.io", repository: "library/k8svent", tag: "latest" }],
  ["k8svent:next", { registry: "docker.io", repository: "library/k8svent", tag: "next" }],
  ["team/k8svent:1.2.3", { registry: "docker.io", repository: "team/k8svent", tag: "1.2.3" }],
  ["docker.io/k8svent", { registry: "docker.io", repository: "library/k8svent", tag: "latest" }],
  ["index.docker.io/team/k8svent", { registry: "docker.io", repository: "team/k8svent", tag: "latest" }],
  ["r.example.com/k8svent", { registry: "r.example.com", repository: "k8svent", tag: "latest" }],
  ["localhost/k8svent:next", { registry: "localhost", repository: "k8svent", tag: "next" }],
  ["localhost:5000/a/b/c", { registry: "localhost:5000", repository: "a/b/c", tag: "latest" }],
  ["[::1]:5000/k8svent:v1", { registry: "[::1]:5000", repository: "k8svent", tag: "v1" }],
  ["R.Example.com/k8svent", { registry: "r.example.com", repository: "k8svent", tag: "latest" }],
  ["REGISTRY/k8svent", { registry: "registry", repository: "k8svent", tag: "latest" }],
  [`k8svent@sha512:${HEX}${HEX}`, {
    registry: "docker.io",
    repository: "library/k8svent",
    digest: `sha512:${HEX}${HEX}`,
  }],
  [`k8svent@${DIGEST}`, { registry: "docker.io", repository: "library/k8svent", digest: DIGEST }],
  [
    `r.example.com:443/k8svent:latest@${DIGEST}`,
    { registry: "r.example.com:443", repository: "k8svent", tag: "latest", digest: DIGEST },
  ],
];

for (const [text, image] of GOOD) {
  Deno.test(`${text.slice(0, 40)} is an image`, () => assert.deepEqual(parseImage(text), image));
}

const BAD = [
  "",
  ":latest",
  "k8svent:",
  "K8svent",
  "r.example.com/K8svent",
  "https://r.example.com/k8svent",
  "k8svent@sha256:12",
  "r.example.com:65536/k8svent",
  "256.0.0.1/k8svent",
  "[:::]/k8svent",
  `k8svent@sha512:${HEX}`,
  `k8svent@md5:${HEX.slice(32)}`,
  `k8svent@${DIGEST}@${DIGEST}`,
  `k8svent:${"a".repeat(129)}`,
  `r.example.com/${"a".repeat(256)}`,
  "r.example.com/",
  "a//b",
  "k8svent:a b",
  "r.example.com/k8svent?x=1",
  "user@r.example.com/k8svent",
];

for (const text of BAD) {
  Deno.test(`"${text.slice(0, 40)}" is no image`, () => assert.equal(parseImage(text), undefined));
}
