import { encode } from "../../src/pod/json_bytes.ts";

/** A pod such as clusters have, and what of it is secret. */
export interface RealisticPod {
  name: string;
  /** The request's body. */
  body: Uint8Array<ArrayBuffer>;
  /** Must not be sent where secrets are redacted. */
  secrets: string[];
  /** Looks a little like secrets, and is none: must stay. */
  harmless: string[];
}

interface Variable {
  name: string;
  value?: string;
  valueFrom?: unknown;
}

/** What makes one workload different from another. */
interface Workload {
  name: string;
  env: Variable[];
  args: string[];
  annotations?: Record<string, string>;
  headers?: { name: string; value: string }[];
  secrets: string[];
  harmless: string[];
}

const HEX = "4f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d4f2a9c8d7e6b5a4f3c2d1e0f9a8b7c6d";
const JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJlLW9mLXRlc3Q";
/** Put together here, so that no scanner of repositories takes the test's keys for real ones. */
const key = (...parts: string[]): string => parts.join("");
const GITHUB = key("gh", "p_", "0123456789abcdefghijABCDEFGHIJ012345");
const STRIPE = key("sk", "_live_", "51Habcdefghijklmnop0123456");
const SLACK = key("xo", "xb-", "123456789012-1234567890123-abcdefghijklmnop");
const AWS_ID = key("AK", "IA", "QWERTYUIOPASDF23");
const AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCY2mPl3Kq9sT";
const PEM = `-----BEGIN ${key("PRIVATE", " KEY")}-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END ${
  key("PRIVATE", " KEY")
}-----\n`;

const plain = (values: Record<string, string>): Variable[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

const WORKLOADS: Workload[] = [
  {
    name: "storefront",
    env: plain({
      DATABASE_URL: "postgres://shop:t0psecret@db.shop.svc:5432/shop?sslmode=verify-full",
      REDIS_URL: "redis://:cachepw99@cache:6379/0",
      STRIPE_API_KEY: STRIPE,
      SESSION_SECRET: "correct horse battery staple",
      LOG_LEVEL: "debug",
      PASSWORD_FILE: "/run/secrets/db/password",
      TOKEN_TTL: "3600",
      FEATURE_FLAGS: "checkout-v2,search",
    }),
    args: ["--port=8080", "--admin-password=letmein!", "--token", "tok-12345", "--verbose"],
    secrets: ["t0psecret", "cachepw99", STRIPE, "correct horse battery staple", "letmein!", "tok-12345"],
    harmless: [
      "db.shop.svc:5432",
      "cache:6379",
      "debug",
      "/run/secrets/db/password",
      "3600",
      "checkout-v2,search",
      "--port=8080",
      "--verbose",
    ],
  },
  {
    name: "billing-java",
    env: plain({
      JAVA_OPTS: "-Xmx512m -Dspring.datasource.password=spr1ngpw -Dserver.port=8443",
      CONNECTION_STRING: "Server=sql;User Id=sa;Password=Pa ss;w0rd;Encrypt=true",
      AZURE: `DefaultEndpointsProtocol=https;AccountName=bills;AccountKey=${AWS_SECRET};EndpointSuffix=core`,
      SPRING_PROFILES_ACTIVE: "production",
      GIT_COMMIT: HEX.slice(0, 40),
      MAIN_CLASS: "org.springframework.boot.loader.launch.JarLauncher",
    }),
    args: ["java", "-jar", "/app/billing.jar", "--spring.mail.password=ma1lpw"],
    secrets: ["spr1ngpw", "Pa ss", AWS_SECRET, "ma1lpw"],
    harmless: [
      "-Xmx512m",
      "-Dserver.port=8443",
      HEX.slice(0, 40),
      "JarLauncher",
      "/app/billing.jar",
      "production",
    ],
  },
  {
    name: "ci-runner",
    env: plain({
      GH: GITHUB,
      AWS_ACCESS_KEY_ID: AWS_ID,
      AWS_SECRET_ACCESS_KEY: AWS_SECRET,
      AWS_REGION: "eu-central-1",
      CI_JOB_ID: "9007199254740993",
      DOCKER_AUTH_CONFIG: '{"auths":{"registry.example":{"auth":"dXNlcjpodW50ZXIy"}}}',
    }),
    args: ["sh", "-c", "git clone https://ci:cl0nepw@git.example/x && export NPM_TOKEN=npmtok99; make all"],
    secrets: [GITHUB, AWS_ID, AWS_SECRET, "dXNlcjpodW50ZXIy", "cl0nepw", "npmtok99"],
    harmless: ["eu-central-1", "9007199254740993", "git.example/x", "make all"],
  },
  {
    name: "notifier",
    env: plain({
      SLACK: SLACK,
      WEBHOOK: "https://hooks.slack.com/services/T0123/B4567/aBcDeFgHiJkLmNoP",
      HEADERS: "api-key=otlpkey77,x-scope=metrics",
      TLS_PEM: PEM,
      AUTHOR: "monkey",
      TZ: "Europe/Berlin",
    }),
    args: [
      "curl",
      "-fsS",
      "-u",
      "bot:b0tpw",
      "-H",
      "Authorization: Bearer abc.def-123",
      "https://api.example/v1",
    ],
    headers: [
      { name: "Authorization", value: "Basic cHJvYmU6cHJvYmVwdw==" },
      { name: "X-Api-Key", value: "probekey1" },
      { name: "Host", value: "notifier.internal" },
    ],
    secrets: [
      SLACK,
      "aBcDeFgHiJkLmNoP",
      "otlpkey77",
      "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
      "b0tpw",
      "abc.def-123",
      "cHJvYmU6cHJvYmVwdw",
      "probekey1",
    ],
    harmless: ["x-scope=metrics", "monkey", "Europe/Berlin", "https://api.example/v1", "notifier.internal"],
  },
  {
    name: "vault-injected",
    env: [
      { name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "db-credentials", key: "password-of-db" } } },
      { name: "SECRET_NAME", value: "db-credentials" },
      { name: "API_TOKEN", value: JWT },
      { name: "FROM_OTHER", value: "$(DB_PASSWORD)" },
    ],
    args: ["--password=$(DB_PASSWORD)", "--tls-private-key-file=/etc/tls/tls.key", "--leader-elect=true"],
    annotations: {
      "vault.hashicorp.com/role": "shop",
      "example.com/api-token": "annotok5",
      "checksum/config": HEX,
      "checksum/secret": HEX,
      "cni.projectcalico.org/containerID": HEX,
    },
    secrets: [JWT, "annotok5"],
    harmless: [
      "password-of-db",
      "db-credentials",
      "--password=$(DB_PASSWORD)",
      "/etc/tls/tls.key",
      "--leader-elect=true",
      HEX,
      "shop",
    ],
  },
  {
    name: "gitops",
    env: plain({
      ARGOCD_OPTS: "--grpc-web --auth-token argtok42",
      PGPASSWORD: "pg pw",
      PGUSER: "argo",
      EMPTY: "",
    }),
    args: ["server", "--keycloak-url=https://sso.example/realms/main", "--tokenizer", "bpe"],
    annotations: {
      "kubectl.kubernetes.io/last-applied-configuration":
        '{"kind":"Pod","spec":{"containers":[{"name":"app","env":[{"name":"X","value":"appl1ed"}]}]}}',
      "prometheus.io/scrape": "true",
      "prometheus.io/port": "9090",
      "example.com/owner": "team-a@example.com",
    },
    secrets: ["argtok42", "pg pw", "appl1ed"],
    harmless: ["--grpc-web", "argo", "https://sso.example/realms/main", "9090", "team-a@example.com"],
  },
];

const CONDITIONS = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];
const NAMESPACES = [
  "shop",
  "billing",
  "ci",
  "kube-system",
  "monitoring",
  "team-a",
  "staging",
  "default",
  "ops",
  "db",
];

/** Sixty of them, some 5 to 12 KB each: every workload in ten namespaces, with more and more beside it. */
export function realisticPods(): RealisticPod[] {
  return WORKLOADS.flatMap((workload) =>
    NAMESPACES.map((namespace, index) => make(workload, namespace, index))
  );
}

function make(workload: Workload, namespace: string, index: number): RealisticPod {
  const name = `${workload.name}-69c6f74b8b-${index}8z6s`;
  const sidecars = ["proxy", "logs", "metrics", "agent"].slice(0, index % 5);
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadataOf(workload, namespace, name),
    spec: specOf(workload, sidecars, index),
    status: statusOf(workload, sidecars),
  };
  // A number that no double holds, as the API server writes them.
  const text = JSON.stringify({ pod }).replaceAll('"@max@"', "9223372036854775807");
  return { name, body: encode(text), secrets: workload.secrets, harmless: [...workload.harmless, name] };
}

function metadataOf(workload: Workload, namespace: string, name: string): unknown {
  return {
    name,
    generateName: `${workload.name}-69c6f74b8b-`,
    namespace,
    uid: "0e2eba77-f4b8-4613-ad2e-7c9bf0b5dccf",
    resourceVersion: "1844674407370955",
    generation: "@max@",
    creationTimestamp: "2026-11-27T03:40:48Z",
    labels: { app: workload.name, "pod-template-hash": "69c6f74b8b", "app.kubernetes.io/managed-by": "Helm" },
    annotations: { "kubernetes.io/config.seen": "2026-11-27T03:40:48Z", ...workload.annotations },
    ownerReferences: [{
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      name: `${workload.name}-69c6f74b8b`,
      uid: "a4589576-56ed-4c26-be93-26c24b4d194c",
      controller: true,
    }],
  };
}

function specOf(workload: Workload, sidecars: string[], index: number): unknown {
  const mounts = ["config", "data", "tmp"].map((volume) => ({
    name: volume,
    mountPath: `/var/lib/${volume}`,
  }));
  const probe = {
    httpGet: { path: "/healthz", port: 8080, scheme: "HTTP", httpHeaders: workload.headers ?? [] },
    timeoutSeconds: 1,
    periodSeconds: 10,
  };
  const container = {
    name: "app",
    image: `ghcr.example/${workload.name}@sha256:${HEX}`,
    resources: { limits: { memory: "512Mi" }, requests: { cpu: "100m" } },
    volumeMounts: mounts,
    livenessProbe: probe,
    readinessProbe: probe,
    lifecycle: { preStop: { httpGet: probe.httpGet } },
    terminationMessagePath: "/dev/termination-log",
    imagePullPolicy: "IfNotPresent",
  };
  return {
    volumes: mounts.map(({ name }) => ({ name, configMap: { name: `${name}-config`, defaultMode: 420 } })),
    // Where the secrets stand changes from pod to pod.
    initContainers: [{ ...container, name: "init", ...index % 3 === 0 && { env: workload.env } }],
    containers: [
      { ...container, args: workload.args, env: workload.env },
      ...sidecars.map((name) => ({ ...container, name, command: workload.args, env: workload.env })),
    ],
    ...index % 2 === 0 && { ephemeralContainers: [{ name: "debug", image: "busybox", env: workload.env }] },
    tolerations: [{ key: "node.kubernetes.io/not-ready", operator: "Exists", tolerationSeconds: "@max@" }],
    serviceAccountName: workload.name,
    nodeName: "node-0",
    securityContext: { runAsUser: "@max@" },
  };
}

function statusOf(workload: Workload, sidecars: string[]): unknown {
  return {
    phase: "Running",
    conditions: CONDITIONS.map((type) => ({
      type,
      status: "True",
      lastProbeTime: null,
      lastTransitionTime: "2026-11-27T03:40:48Z",
    })),
    podIP: "10.0.0.1",
    containerStatuses: ["app", ...sidecars].map((name) => ({
      name,
      state: { running: { startedAt: "2026-11-27T03:40:49Z" } },
      ready: true,
      restartCount: 3,
      image: `ghcr.example/${workload.name}@sha256:${HEX}`,
      imageID: `sha256:${HEX}`,
      containerID: `containerd://${HEX}`,
    })),
    qosClass: "Burstable",
  };
}
