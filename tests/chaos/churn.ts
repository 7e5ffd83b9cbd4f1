import { manifest } from "../kit/cluster_pods.ts";
import { type RawApi, RefusedError } from "../kit/raw_api.ts";
import type { Random } from "../kit/random.ts";

const PODS = "/api/v1/namespaces/default/pods";
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const JOBS = "/apis/batch/v1/namespaces/default/jobs";

const NAMES = ["web", "api"] as const;

/** Names that direct pods have again and again. Few, so that each list stays on one page. */
const DIRECT = 8;
const CRASHING = 4;
const WORK = 4;

/** What is done to the cluster, each as often as it is named. */
const MOVES = [
  scale,
  scale,
  roll,
  work,
  crash,
  begin,
  begin,
  end,
  end,
  again,
  again,
  annotate,
  annotate,
  annotate,
];

/** Makes the Deployments that `churn` moves. */
export async function prepare(api: RawApi): Promise<void> {
  for (const name of NAMES) {
    const labels = { app: name };
    const spec = {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "app", image: `${name}:1` }] } },
    };
    await api.call("POST", DEPLOYMENTS, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name },
      spec,
    });
  }
}

/** Changes the cluster a few times a second until the signal aborts. */
export async function churn(api: RawApi, random: Random, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const [first = annotate, ...others] = MOVES;
    await random.pick([first, ...others])(api, random).catch(forgive);
    await new Promise((resolve) => setTimeout(resolve, random.between(20, 400)));
  }
}

/** Lets everything come to rest: what crashes for ever is removed, the rest ends or stays. */
export async function calm(api: RawApi): Promise<void> {
  for (let i = 0; i < CRASHING; i++) await api.call("DELETE", `${PODS}/crash-${i}`).catch(forgive);
}

async function scale(api: RawApi, random: Random): Promise<void> {
  const path = `${DEPLOYMENTS}/${random.pick(NAMES)}/scale`;
  await api.call("PATCH", path, { spec: { replicas: random.integer(0, 6) } });
}

async function roll(api: RawApi, random: Random): Promise<void> {
  const name = random.pick(NAMES);
  const containers = [{ name: "app", image: `${name}:${random.integer(1, 1_000)}` }];
  await api.call("PATCH", `${DEPLOYMENTS}/${name}`, { spec: { template: { spec: { containers } } } });
}

/** A Job under a name that it may have had before. */
async function work(api: RawApi, random: Random): Promise<void> {
  const name = `work-${random.integer(1, WORK)}`;
  await api.call("DELETE", `${JOBS}/${name}?propagationPolicy=Background`).catch(forgive);
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "work", image: "work:1" }] } };
  const spec = { completions: random.integer(1, 3), parallelism: 2, template };
  await api.call("POST", JOBS, { apiVersion: "batch/v1", kind: "Job", metadata: { name }, spec });
}

/** One that crashes for ever, until its time has come to begin anew. */
async function crash(api: RawApi, random: Random): Promise<void> {
  const name = `crash-${random.integer(0, CRASHING - 1)}`;
  if (random.next() < 0.3) await api.call("DELETE", `${PODS}/${name}?gracePeriodSeconds=0`);
  await api.call("POST", PODS, manifest(name, { labels: { play: random.pick(["crash", "oom"]) } }));
}

async function begin(api: RawApi, random: Random): Promise<void> {
  await api.call("POST", PODS, manifest(directName(random)));
}

async function end(api: RawApi, random: Random): Promise<void> {
  const grace = random.pick(["", "?gracePeriodSeconds=0"]);
  await api.call("DELETE", `${PODS}/${directName(random)}${grace}`);
}

/** The same name at once: of two pods with one name the old one must end first. */
async function again(api: RawApi, random: Random): Promise<void> {
  const name = directName(random);
  await api.call("DELETE", `${PODS}/${name}?gracePeriodSeconds=0`).catch(forgive);
  await api.call("POST", PODS, manifest(name));
}

async function annotate(api: RawApi, random: Random): Promise<void> {
  const annotations = { "example.com/change": crypto.randomUUID() };
  await api.call("PATCH", `${PODS}/${directName(random)}`, { metadata: { annotations } });
}

function directName(random: Random): string {
  return `direct-${random.integer(0, DIRECT - 1)}`;
}

/** The dice know nothing of what is there: not found, already there, being changed by another. */
function forgive(error: unknown): void {
  if (!(error instanceof RefusedError && [404, 409].includes(error.status))) throw error;
}
