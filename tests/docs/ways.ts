/*
 * What becomes of each command of the pages in commands_test.ts: it is run, or another test runs it, or it cannot be
 * run, and why.
 */

/** `until`: it goes on until it prints such a line, and is then ended; it must end with 0. */
export type Way = "runs" | { until: RegExp } | { by: string } | { cannot: string };

const FOLLOWS = { until: /follows the pods of all namespaces/ };
const NETWORK = { cannot: "the placeholder names no real repository or registry" };
const MADE_BY_RELEASE = { by: "a release is refused by a tag that is not this version's" };
const BINARY = { by: "the compiled binary runs on the real control plane" };
const RECEIVER = { by: "the receiver in ${language} takes what is signed and nothing else" };
const SIGUSR1 = {
  by: "410 for two pods stops the endpoint, what is pending stays, and an operator brings it back",
};

const SHOWN = { by: "every configuration file that a page or kube/ shows is right" };

const DEBUG = {
  by:
    "the kubectl debug of docs/state.md is admitted beside the pod, in its process namespace and as its user",
};

const OPERATED = { by: "docs/operate.md shows what its commands print, and each of them works" };
const CHART = { by: "the commands of the chart's README and of docs/install.md work as they stand" };

const BENCHMARK = {
  cannot: "it takes minutes to hours, and writes over the results: task bench:guard runs a part",
};

/** Each command of the pages, in their order. */
export const WAYS: Record<string, Way> = {
  'git clone "$REPOSITORY" k8svent && cd k8svent': NETWORK,
  "npx -y deno@2.9.6 task demo": { until: /pod\.changed/ },
  "npx -y deno@2.9.6 task test": { cannot: "it would run itself" },
  "npx -y deno@2.9.6 task -q start --url https://hooks.example.com/pods --secret-file ./secret": FOLLOWS,
  "npx -y deno@2.9.6 task compile": BINARY,
  "install -D -m 0755 dist/k8svent ~/.local/bin/k8svent": BINARY,
  'curl -fLO "$REPOSITORY/releases/download/v$VERSION/k8svent-$VERSION-linux-x64"': NETWORK,
  'curl -fLO "$REPOSITORY/releases/download/v$VERSION/SHA256SUMS"': NETWORK,
  "sha256sum --check --ignore-missing SHA256SUMS": MADE_BY_RELEASE,
  'install -D -m 0755 "k8svent-$VERSION-linux-x64" ~/.local/bin/k8svent': BINARY,
  'gh attestation verify "k8svent-$VERSION-linux-x64" --repo "${REPOSITORY#https://github.com/}"': NETWORK,
  'gh attestation verify "oci://$IMAGE:$VERSION" --repo "${REPOSITORY#https://github.com/}"': NETWORK,
  "k8svent --version": "runs",
  "k8svent --help": "runs",
  "k8svent --once --namespace shop --selector app=web": "runs",
  "k8svent --once --field-selector status.phase!=Running": "runs",
  "k8svent --url https://hooks.example.com/pods --secret-file ./secret --source poll --interval 5m --log-level debug":
    FOLLOWS,
  "k8svent --once --namespace shop": "runs",
  "openssl rand -hex 32 > secret": "runs",
  "k8svent --url https://hooks.example.com/pods --secret-file ./secret": FOLLOWS,
  'docker build -t "$IMAGE:latest" --build-arg BUILD_IMAGE=denoland/deno:debian-2.9.6 --build-arg RUNTIME_IMAGE="$RUNTIME_IMAGE" --build-arg VERSION="$VERSION" .':
    { by: "the image is built from the Dockerfile" },
  'docker push "$IMAGE:latest"': NETWORK,
  "kubectl apply -f kube/namespace.yaml": "runs",
  "kubectl create secret generic k8svent -n k8svent --from-literal=webhooks=https://hooks.example.com/pods --from-file=secret=./secret":
    "runs",
  "mkdir -p overlay": "runs",
  "printf 'resources:\\n  - ../kube\\nimages:\\n  - name: k8svent\\n    newName: %s\\ncomponents:\\n' \"$IMAGE\" > overlay/kustomization.yaml":
    "runs",
  "kubectl apply -k overlay": "runs",
  "kubectl rollout status -n k8svent deployment/k8svent --timeout=2m": "runs",
  "kubectl logs -n k8svent deployment/k8svent": { cannot: "the control plane of the tests has no kubelet" },
  "kubectl set env -n k8svent deployment/k8svent K8SVENT_INTERVAL=5m": "runs",
  "kubectl apply -n team-a -f kube/rbac-namespaced.yaml": "runs",
  "kubectl apply -f kube/deployment-namespaced.yaml": "runs",
  "kubectl set env -n k8svent deployment/k8svent K8SVENT_NAMESPACE=team-a": "runs",
  'kubectl set image -n k8svent deployment/k8svent k8svent="$IMAGE:latest"': "runs",
  "kubectl apply -f kube/deployment-no-rbac.yaml": "runs",
  "kubectl apply -f kube/rbac.yaml": "runs",
  "kubectl auth can-i watch pods --as=system:serviceaccount:k8svent:k8svent -A": "runs",
  'docker tag "$IMAGE:latest" "$IMAGE:$VERSION" && docker push "$IMAGE:$VERSION"': NETWORK,
  'helm install k8svent charts/k8svent -n k8svent --set image.repository="$IMAGE"': CHART,
  "helm uninstall k8svent -n k8svent": CHART,
  "kubectl delete -k overlay --ignore-not-found --wait=false": "runs",
  "kubectl delete -n team-a -f kube/rbac-namespaced.yaml": "runs",
  "kubectl delete -f kube/namespace.yaml --ignore-not-found --wait=false": "runs",
  "rm -f ~/.local/bin/k8svent": "runs",

  "k8svent doctor --url https://hooks.example.com/pods --secret-file ./secret": {
    by: "doctor names the one thing that is broken, whichever it is",
  },
  "kubectl exec -n k8svent deployment/k8svent -- k8svent doctor": {
    by: "doctor finds all well in a pod, by the permissions of the image",
  },
  "k8svent tail --namespace shop --reasons terminated --reasons waiting": {
    by: "tail prints what is asked for, goes on after an outage, and ends as kubectl does",
  },
  "k8svent secret generate > shared": "runs",
  "k8svent receive --port 8081 --secret-file shared": { until: /Receives at/ },
  "k8svent receive --port 8081 --secret-file shared --exec cat": { until: /Receives at/ },
  "k8svent send-test --url http://127.0.0.1:8081 --secret-file shared": "runs",
  'printf \'{"type":"k8svent.test"}\' > body.json': "runs",
  "printf 'a plain secret of some length' > plain": "runs",
  "k8svent verify --body body.json --secret-file plain -H 'x-hub-signature-256: sha256=3500d29a35f1f3fbcded1bd4b08ebe4e14fe57d7012b8a4045ce8ac6e6708dd3'":
    "runs",

  "k8svent link-image --owner atomist --repo k8vent --sha 8d3f5a1c2b4e6f708192a3b4c5d6e7f801234567 --image atomist/k8vent:0.16.0 --url https://hooks.example.com/link-image":
    { by: "link-image sends what the older program's receivers read, signed, and again after a 503" },
  'curl -sf -H \'Content-Type: application/json\' --data \'{"git":{"owner":"atomist","repo":"k8vent","sha":"8d3f5a1c2b4e6f708192a3b4c5d6e7f801234567"},"docker":{"image":"atomist/k8vent:0.16.0"},"type":"link-image"}\' https://hooks.example.com/link-image':
    { by: "link-image sends what the older program's receivers read, signed, and again after a 503" },
  "source <(k8svent completion bash)": {
    by: "${shell} completes commands, flags, words and files, and runs nothing that is typed",
  },

  "k8svent --url ops=https://hooks.example.com/pods --secret-file ./secret --state ./k8svent.db": FOLLOWS,
  "printf '  - ../kube/pvc\\n' >> overlay/kustomization.yaml": "runs",
  "printf '  - ../kube/config\\n' >> overlay/kustomization.yaml": "runs",
  "kubectl apply -f kube/pvc/claim.yaml": "runs",
  "kubectl patch -n k8svent deployment/k8svent --patch-file kube/pvc/deployment-patch.yaml": "runs",
  'kill -USR1 "$(pgrep -x k8svent)"': SIGUSR1,
  "pod=$(kubectl get pod -n k8svent -l app.kubernetes.io/name=k8svent -o name)": DEBUG,
  'kubectl debug -n k8svent "$pod" --image=busybox --target=k8svent --profile=restricted -- kill -USR1 1':
    DEBUG,

  'kubectl set image -n k8svent deployment/k8svent k8svent="$IMAGE:next"': "runs",
  'kubectl set image -n k8svent deployment/k8svent k8svent="$IMAGE:$VERSION"': "runs",
  "kubectl set env -n k8svent deployment/k8svent K8SVENT_UPDATE=notify": "runs",
  "kubectl set env -n k8svent deployment/k8svent K8SVENT_UPDATE=off": "runs",
  'kubectl create secret docker-registry k8svent-registry -n k8svent --docker-server=registry.example.com --docker-username=reader --docker-password="$REGISTRY_PASSWORD"':
    "runs",
  "kubectl set env -n k8svent deployment/k8svent K8SVENT_REGISTRY_CONFIG=/var/run/secrets/k8svent/registry.json":
    "runs",
  'k8svent --url https://hooks.example.com/pods --secret-file ./secret --image "$IMAGE:latest"': FOLLOWS,

  // Ready only then.
  "k8svent --url https://hooks.example.com/pods --secret-file ./secret --listen 127.0.0.1:8080": {
    until: /Listed .* watching/,
  },
  "curl -i http://127.0.0.1:8080/readyz": "runs",
  "kubectl port-forward -n k8svent deployment/k8svent 8080:8080": {
    cannot: "the control plane of the tests has no kubelet",
  },
  "kubectl apply -f kube/events/rbac.yaml": "runs",
  "kubectl get events -n k8svent --field-selector=involvedObject.kind=Pod": "runs",

  "k8svent --url https://hooks.example.com/pods --secret-file ./secret --admin-listen 127.0.0.1:9090": {
    until: /Page and API are served to all who use this machine at http:/,
  },
  "openssl rand -hex 32 > admin-token": "runs",
  "k8svent --url https://hooks.example.com/pods --secret-file ./secret --admin-listen :9090 --admin-token-file ./admin-token":
    { until: /Listed .* watching/ },
  'kubectl patch secret k8svent -n k8svent -p "{\\"stringData\\":{\\"admin-token\\":\\"$(openssl rand -hex 32)\\"}}"':
    "runs",
  "kubectl patch -n k8svent deployment/k8svent --patch-file kube/admin/deployment-patch.yaml": "runs",
  "kubectl port-forward -n k8svent deployment/k8svent 9090:9090": {
    cannot: "the control plane of the tests has no kubelet",
  },
  'curl -s -H "Authorization: Bearer $(cat admin-token)" http://127.0.0.1:9090/api/v1/endpoints': "runs",
  'curl -X POST -H "Authorization: Bearer $(cat admin-token)" http://127.0.0.1:9090/api/v1/retry': "runs",

  "SECRET=$(cat secret) node receiver.mjs": RECEIVER,
  "SECRET=$(cat secret) python3 receiver.py": RECEIVER,
  "SECRET=$(cat secret) go run receiver.go": RECEIVER,
  "SECRET=$(cat secret) java Receiver.java": RECEIVER,
  "kubectl create secret generic k8svent -n k8svent --dry-run=client -o yaml --from-literal=webhooks=https://hooks.example.com/pods --from-file=secret=./secret | kubectl apply -f -":
    "runs",
  "k8svent --url ops=https://hooks.example.com/pods --notices ops --secret-file ./secret": FOLLOWS,

  "kubectl auth can-i --list --as=system:serviceaccount:k8svent:k8svent": "runs",
  "kubectl get secret k8svent -n k8svent -o jsonpath='{.data.webhooks}' | base64 -d": "runs",
  "kubectl auth can-i watch pods --as=system:serviceaccount:k8svent:k8svent --all-namespaces": "runs",

  "k8svent --once | head -n 1": "runs",
  "kubectl delete deployment k8svent -n k8svent": "runs",
  "kubectl get pods --all-namespaces -o json | grep -o '\"atomist.com/k8s\\{0,1\\}vent\": .*' | sort | uniq -c":
    "runs",
  "k8svent --payload k8vent --environment production --pod-webhooks hooks.example.com --url https://hooks.example.com/pods":
    FOLLOWS,

  "npx -y deno@2.9.6 task bench": BENCHMARK,
  "npx -y deno@2.9.6 task bench --sizes 1000,10000,100000 --rounds 3,3,1": BENCHMARK,
  "npx -y deno@2.9.6 task bench --sizes 1000 --rounds 1 --parts sync,changes --programs go --seconds 5":
    BENCHMARK,
  "deno run --allow-read --allow-write bench/chart.ts": BENCHMARK,
  "deno run --allow-read --allow-write bench/markdown.ts": BENCHMARK,

  "k8svent --once --url ops=https://hooks.example.com/pods --secret-file ./secret": "runs",
  "npx -y deno@2.9.6 task test --filter 'an endpoint that hangs changes nothing for another'": {
    by: "an endpoint that hangs changes nothing for another",
  },
  "k8svent config check k8svent.yaml": SHOWN,
  "k8svent --url hook=https://hooks.example.com/pods --admin-listen 127.0.0.1:9090": OPERATED,
  "kubectl -n k8svent port-forward deploy/k8svent 9090:9090": OPERATED,
  "k8svent status": OPERATED,
  "k8svent deliveries slow": OPERATED,
  "k8svent deliveries slow pod_2": OPERATED,
  "k8svent explain pod shop/web-1": OPERATED,
  "k8svent redeliver slow pod_2": OPERATED,
  "k8svent redeliver slow --all": OPERATED,
  "k8svent discard slow pod_2": OPERATED,
  "k8svent resync hook --since 10m": OPERATED,
  "k8svent pause hook": OPERATED,
  "k8svent resume hook": OPERATED,
  "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 k8svent --url https://hooks.example.com/pods": {
    by: "a delivery is a span, its attempts are events, and the receiver gets it as traceparent",
  },
};
