/**
 * The fake API server of the tests and the demo is as good as what it has in common with the real one: each
 * fact here is checked on both.
 */
import { FakeApiServer } from "../kit/apiserver/server.ts";
import { clusterTest, startControlPlane } from "../kit/control_plane.ts";
import { COMPACTION_FACTS } from "./compaction_facts.ts";
import { CUT_FACTS } from "./cut_facts.ts";
import { factsOf } from "./fact.ts";
import { LIST_FACTS } from "./list_facts.ts";
import { OPTION_FACTS } from "./option_facts.ts";
import { fakeSubject, type Kind, realSubject } from "./subject.ts";
import { WATCH_FACTS } from "./watch_facts.ts";

const FACTS = [...LIST_FACTS, ...OPTION_FACTS, ...WATCH_FACTS, ...COMPACTION_FACTS, ...CUT_FACTS];

for (const { says, check } of factsOf("fake", FACTS)) {
  Deno.test(`fake: ${says}`, async () => {
    const server = await FakeApiServer.start();
    try {
      await check(fakeSubject(server));
    } finally {
      await server.close();
    }
  });
}

const REAL: [kind: Kind, flags: string][] = [["watch cache", ""], ["no watch cache", "--watch-cache=false"]];

for (const [kind, flags] of REAL) {
  clusterTest(`kube-apiserver with ${kind} keeps to the same facts as the fake`, async (context) => {
    const plane = await startControlPlane({ env: { ENVTEST_APISERVER_ARGS: flags } });
    const subject = await realSubject(plane, kind);
    try {
      for (const { says, check } of factsOf(kind, FACTS)) await context.step(says, () => check(subject));
    } finally {
      subject.close();
      await plane.stop();
    }
  });
}
