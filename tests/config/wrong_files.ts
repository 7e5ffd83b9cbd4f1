import { MARK } from "../kit/confidential.ts";

/** Ways to write a configuration file wrongly, by what is wrong. `MARK` stands where a secret would. */
export const WRONG_FILES: Record<string, string> = {
  // The text.
  "An empty file": "",
  "Comments alone": "# k8svent\n\n# nothing yet\n",
  "A file in UTF-16": "\uFFFD\uFFFDv\0e\0r\0s\0i\0o\0n\0",
  "A file in Latin-1": `version: 1\nenvironment: K\uFFFDln\n`,
  "A character that cannot be seen": "version: 1\ncluster: east\u0007\n",
  "A line that begins with a tab": "version: 1\nendpoints:\n\t- name: ops\n",
  "A quote that is not closed":
    `version: 1\nendpoints:\n  - name: "ops\n    url: https://hooks.example.com/${MARK}\n`,
  "A bracket that is not closed": "version: 1\nnamespaces: [shop, team\n",
  "A line that stands too far to the left": "version: 1\nendpoints:\n  - name: ops\n   url: x\n",
  "Two colons in one line": `version: 1\nenvironment: prod: ${MARK}\n`,
  "A value that begins with a reserved character": "version: 1\ncluster: @east\n",
  "An escape that is none": `version: 1\ncluster: "\\qeast"\n`,
  "Brackets without end": `version: 1\nnamespaces: ${"[".repeat(3000)}\n`,
  "A no-break space before a key": "version: 1\nendpoints:\n\u00a0\u00a0- name: ops\n",
  "A no-break space behind a colon": "version:\u00a01\n",
  "What cannot be seen within a key": "version: 1\nclus\u200bter: east\n",
  "A dash in place of a hyphen": "version: 1\nnamespaces:\n  – shop\n",
  "A template that was not filled in": "version: 1\nendpoints:\n  - name: {{ .Release.Name }}\n",
  "A loop of a template": "version: 1\n{{- range .Values.endpoints }}\n{{- end }}\n",
  "A template of Jinja": "version: 1\n{% if east %}\ncluster: east\n{% endif %}\n",
  "Two versions that git left":
    "version: 1\n<<<<<<< HEAD\ncluster: east\n=======\ncluster: west\n>>>>>>> main\n",
  // What YAML allows and this file does not.
  "A second document": "version: 1\n---\nversion: 1\n",
  "YAML 1.1": "%YAML 1.1\n---\nversion: 1\n",
  "A key that stands twice": `version: 1\ncluster: east\ncluster: ${MARK}\n`,
  "A tag": `version: 1\nendpoints: !include ${MARK}.yaml\n`,
  "Bytes in base64": `version: 1\ncluster: !!binary ${MARK}\n`,
  "An alias without an anchor": "version: 1\nendpoints: *shared\n",
  "An alias that leads round in a circle": "version: 1\ndefaults: &all\n  tls: *all\n",
  "Aliases that lead to too much": bomb(),
  "A merge key":
    "version: 1\nendpoints:\n  - &first\n    name: a\n    url: https://a.example.com/\n  - <<: *first\n    name: b\n",
  "A key that is a number": "version: 1\n8080: listen\n",
  "A number that YAML 1.1 takes for an octal one": endpoint("concurrency: 010"),
  // The shape.
  "A boolean of YAML 1.1": "version: 1\nonce: yes\n",
  "A boolean in quotes": 'version: 1\nshowPayloads: "false"\n',
  "A file behind |": "version: 1\nstate: |\n  /var/lib/k8svent/state.db\n",
  "A file with white space around it": "version: 1\nkubeconfig: ' /home/me/config'\n",
  "A field selector behind |": "version: 1\nfieldSelector: |\n  status.phase=Running\n",
  "A file of the home": "version: 1\nstate: ~/state.db\n",
  "A file behind a variable": endpoint("secretFiles: [$HOME/secret]"),
  "A manifest in place of the file":
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: k8svent\ndata:\n  k8svent.yaml: |\n    version: 1\n",
  "A list in place of the file": "- name: ops\n",
  "A text in place of the file": `url=https://hooks.example.com/${MARK}\n`,
  "No version": "endpoints: []\n",
  "A version that does not exist": "version: 2\n",
  "A version in quotes": 'version: "1"\n',
  "An endpoint in place of the list":
    `version: 1\nendpoints:\n  name: ops\n  url: https://hooks.example.com/${MARK}\n`,
  "A URL in place of an endpoint": `version: 1\nendpoints:\n  - https://hooks.example.com/${MARK}\n`,
  "A list in place of a map": endpoint("tls: [ca.crt]"),
  "Endpoints without a value": "version: 1\nendpoints:\n",
  // Keys.
  "A key with a typing error": "version: 1\nintervall: 2m\n",
  "A key of another program": `version: 1\nreceivers:\n  - name: ops\n`,
  "A key that is nothing like any": endpoint("colour: green"),
  "A setting of an endpoint at the top": "version: 1\ntimeout: 5s\n",
  "A setting of the program in an endpoint": endpoint("state: /var/lib/k8svent/state.db"),
  "A secret in place of a key": `version: 1\n"https://hooks.example.com/${MARK}": ops\n`,
  "Certificates that are not to be checked": endpoint("tls: { insecureSkipVerify: true }"),
  "Certificates that are not to be checked, as Prometheus writes it": endpoint(
    "tls: { insecure_skip_verify: true }",
  ),
  "TLS as Prometheus writes it": endpoint("tls_config: { ca_file: ca.crt }"),
  // Values of the program.
  "An interval without a unit": "version: 1\ninterval: 30\n",
  "A source that does not exist": "version: 1\nsource: list\n",
  "A namespace in place of a list": "version: 1\nnamespaces: shop\n",
  "A namespace that is none": "version: 1\nnamespaces: [Shop]\n",
  "A size with another unit": "version: 1\nbuffer: 64MB\n",
  "A port in place of an address": "version: 1\nlisten: 8080\n",
  "A number that needs quotes": "version: 1\ncluster: 1.10\n",
  "An update that is a boolean": "version: 1\nupdate: false\n",
  "An image that is none": "version: 1\nimage: https://registry.example.com/k8svent\n",
  "A variable that is not filled in": "version: 1\ncluster: ${CLUSTER}\n",
  "What a template writes": "version: 1\ncluster: <no value>\n",
  // An endpoint.
  "An endpoint without a name": `version: 1\nendpoints:\n  - url: https://hooks.example.com/${MARK}\n`,
  "A name that is none":
    `version: 1\nendpoints:\n  - name: the ops team\n    url: https://hooks.example.com/${MARK}\n`,
  "A name of two endpoints": `version: 1\nendpoints:\n  - name: ops\n    url: https://a.example.com/\n` +
    `  - name: ops\n    url: https://b.example.com/\n`,
  "An endpoint without a URL": "version: 1\nendpoints:\n  - name: ops\n",
  "A URL and a file with one": endpoint("urlFile: url"),
  "A URL without a scheme": `version: 1\nendpoints:\n  - name: ops\n    url: hooks.example.com/${MARK}\n`,
  "A URL with a password":
    `version: 1\nendpoints:\n  - name: ops\n    url: https://me:${MARK}@hooks.example.com/\n`,
  "A URL with a variable":
    "version: 1\nendpoints:\n  - name: ops\n    url: https://hooks.example.com/${TOKEN}\n",
  "Two URLs in one":
    `version: 1\nendpoints:\n  - name: ops\n    url: https://a.example.com/${MARK},https://b.example.com/\n`,
  "Two ways to authenticate": endpoint(
    "basicAuth: { username: me, passwordFile: password }",
    "authorization: { credentialsFile: token }",
  ),
  "A password in the file": endpoint(`basicAuth: { username: me, password: ${MARK} }`),
  "A secret in the file": `version: 1\ndefaults:\n  secret: ${MARK}\n`,
  "A secret in the file, as Prometheus writes it": endpoint(
    "oauth2:",
    "  clientId: me",
    `  client_secret: ${MARK}`,
    "  tokenUrl: https://login.example.com/token",
  ),
  "A token of the service account": endpoint(
    "authorization: { credentialsFile: /var/run/secrets/kubernetes.io/serviceaccount/token }",
  ),
  "A token of the service account, by another way": endpoint(
    "secretFiles: [/etc/k8svent/../../run/secrets/kubernetes.io/serviceaccount/token]",
  ),
  "The state in place of a secret":
    `version: 1\nstate: /var/lib/k8svent/state.db\nendpoints:\n  - name: ops\n` +
    `    url: https://hooks.example.com/${MARK}\n    secretFiles: [/var/lib/k8svent/state.db]\n`,
  "OAuth 2 without its server": endpoint("oauth2: { clientId: me, clientSecretFile: secret }"),
  "Scopes in one text": endpoint(
    "oauth2:",
    "  clientId: me",
    "  clientSecretFile: secret",
    "  tokenUrl: https://login.example.com/token",
    "  scopes: [read write]",
  ),
  "A client behind >": endpoint(
    "oauth2:",
    "  clientId: >",
    "    me",
    "  clientSecretFile: secret",
    "  tokenUrl: https://login.example.com/token",
  ),
  "The type Basic": endpoint("authorization: { type: Basic, credentialsFile: password }"),
  "A header of k8svent": endpoint(`headers: { k8svent-event: { value: ${MARK} } }`),
  "A header that frames the request": endpoint("headers: { Content-Length: { value: '1' } }"),
  "A header with a line break": endpoint(`headers: { x-team: { value: "ops\\r\\nx-other: ${MARK}" } }`),
  "A header with a secret in it": endpoint(`headers: { x-api-key: { value: ${MARK} } }`),
  "A header with what looks like a secret": endpoint(`headers: { x-auth: { value: Bearer ${MARK} } }`),
  "A header with a colon in its name": endpoint(`headers: { "x-team: ops": { value: ${MARK} } }`),
  "A header that is a text": endpoint(`headers: { x-team: ${MARK} }`),
  "A header with a value and a file": endpoint(`headers: { x-team: { value: ${MARK}, file: team } }`),
  "A header twice": endpoint("headers: { x-team: { value: a }, X-Team: { value: b } }"),
  "A header beside what sets it": endpoint(
    "basicAuth: { username: me, passwordFile: password }",
    "headers: { authorization: { file: token } }",
  ),
  "A certificate without its key": endpoint("tls: { certFile: tls.crt }"),
  "A server's name with a port": endpoint("tls: { serverName: 'hooks.example.com:443' }"),
  "A proxy that is none": endpoint("proxyUrl: socks5://proxy.example.com:1080"),
  "A proxy with a password": endpoint(`proxyUrl: http://me:${MARK}@proxy.example.com:3128`),
  "A timeout of nothing": endpoint("timeout: 0"),
  "A number in quotes": endpoint('concurrency: "16"'),
  "A rate of nothing": endpoint("rate: 0"),
  "No secret files": endpoint("secretFiles: []"),
  "A signature that does not exist": endpoint("signatures: [gitlab]"),
  "A word in place of signatures": endpoint("signatures: none"),
  "A reason that does not exist": endpoint("reasons: [redy]"),
  "No reasons": endpoint("reasons: []"),
  "A selector at the top that is none": "version: 1\nselector: app in (web\n",
  "A selector that is none": endpoint("selector: app in (web"),
  "Namespaces that are all excluded": endpoint("namespaces: [shop]", "excludeNamespaces: [shop]"),
  "An expression that is none": endpoint('filter: pod.metadata.name == "web" +'),
  "An expression of the wrong type": endpoint("filter: pod.metadata.name.size()"),
  "An expression with an unknown variable": endpoint('filter: name == "web"'),
  "A pattern that is none": endpoint('redact: { patterns: ["cust-(["] }'),
  "A pattern behind |": endpoint("redact:", "  patterns:", "    - |", "      cust-[0-9]+"),
  "Redaction by a boolean": endpoint("redact: { env: true }"),
  "Several faults": `version: 1\nintervall: 2m\nsource: list\nendpoints:\n  - name: ops\n    url: ${MARK}\n` +
    `    timout: 5s\n    rate: fast\n  - name: ops\n`,
};

/** A file with one endpoint that has this, too. */
function endpoint(...lines: string[]): string {
  const head = ["version: 1", "endpoints:", "  - name: ops", `    url: https://hooks.example.com/${MARK}`];
  return `${[...head, ...lines.map((line) => `    ${line}`)].join("\n")}\n`;
}

/** Nine to the power of seven pieces. */
function bomb(): string {
  const names = [..."abcdefg"];
  const lines = names.map((name, index) => {
    const item = index === 0 ? "x" : `*${names[index - 1]}`;
    return `${name}: &${name} [${Array.from({ length: 9 }, () => item).join(", ")}]`;
  });
  return `version: 1\n${lines.join("\n")}\n`;
}
