import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { issueCertificate } from "../kit/certificates.ts";
import { testNeeding } from "../kit/needing.ts";
import { freePort } from "../kit/port.ts";
import { lacksServer, type RealServer, RunningServer } from "../kit/real_servers.ts";
import { Folder, Sending } from "../kit/sending.ts";

/*
 * nginx as people run it before a receiver: it asks for a password (`auth_basic`), for a header, for a client
 * certificate. What it does not want it refuses by itself, and its backend hears nothing of it.
 */

const AUTHORITY = issueCertificate("Test authority");
const SERVER = issueCertificate("a server", { issuer: AUTHORITY, hosts: ["hooks.internal"] });

const NGINX: RealServer = {
  name: "nginx",
  program: "nginx",
  install: "apt-get install nginx-light, on Debian",
  isBackend: true,
  async prepare({ folder, plain, tls, backend }): Promise<string[]> {
    const files = { "ca.pem": AUTHORITY.cert, "cert.pem": SERVER.cert, "key.pem": SERVER.key };
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
    await Deno.writeTextFile(`${folder}/users`, `k8svent:${sha1("right pässword")}\n`);
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
    await Deno.writeTextFile(
      `${folder}/nginx.conf`,
      `user root; daemon off; pid ${folder}/pid; error_log stderr crit; events { worker_connections 256; }
      http { access_log off; ${temporary} keepalive_timeout 1s; server_tokens off;
        server { listen 127.0.0.1:${plain};
          location /basic { auth_basic "hooks"; auth_basic_user_file ${folder}/users;
            proxy_pass http://127.0.0.1:${backend}; }
          location /header { if ($http_x_api_key != "k-2") { return 403; } return 204; } }
        server { listen 127.0.0.1:${backend}; return 204; }
        server { listen 127.0.0.1:${tls} ssl; server_name hooks.internal;
          ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
          ssl_client_certificate ${folder}/ca.pem; ssl_verify_client on;
          if ($ssl_server_name != "hooks.internal") { return 421; }
          location / { return 204; } } }`,
    );
    return ["nginx", "-e", "stderr", "-p", folder, "-c", `${folder}/nginx.conf`];
  },
};

/** As `htpasswd -s` writes it. */
function sha1(password: string): string {
  return `{SHA}${createHash("sha1").update(password).digest("base64")}`;
}

async function withNginx(
  test: (at: { plain: string; tls: string; files: Folder }) => Promise<void>,
): Promise<void> {
  await using files = await Folder.make();
  const [plain, tls, backend] = [freePort(), freePort(), freePort()];
  await using _server = await RunningServer.start(NGINX, { folder: files.path, plain, tls, backend });
  await test({ plain: `http://127.0.0.1:${plain}`, tls: `https://127.0.0.1:${tls}`, files });
}

const lacks = lacksServer(NGINX);

testNeeding(
  lacks,
  "nginx takes the user and the password of its auth_basic, and a password that is mended",
  () =>
    withNginx(async ({ plain, files }) => {
      const passwordFile = await files.write("password", "wrong\n");
      const auth = { kind: "basic", username: "k8svent", passwordFile } as const;
      await using sending = new Sending({ auth }, `${plain}/basic`);
      sending.add(3);
      assert.match(await sending.says(/^Endpoint ops (fails|did not)/), /status 401/);
      await files.write("password", "right pässword\n");
      await sending.until(() => sending.pending === 0, "all is accepted");
    }),
);

testNeeding(
  lacks,
  "nginx takes a header whose value is in a file, once that is there and is the right one",
  () =>
    withNginx(async ({ plain, files }) => {
      const headers = [{ name: "x-api-key", file: `${files.path}/api-key` }];
      await using sending = new Sending({ headers }, `${plain}/header`);
      sending.add(3);
      assert.match(
        await sending.says(/^Endpoint ops fails/),
        /the file \S+\/api-key \(headers\.x-api-key\) cannot be used: it does not exist; create it/,
      );
      await files.write("api-key", "k-1\n");
      await sending.says(/status 403/);
      await files.write("api-key", "k-2\n");
      await sending.until(() => sending.pending === 0, "all is accepted");
      await sending.deliver();
    }),
);

testNeeding(
  lacks,
  "nginx takes a client certificate of its authority, and the name that it asks for",
  () =>
    withNginx(async ({ tls, files }) => {
      const own = issueCertificate("k8svent", { issuer: AUTHORITY });
      const caFile = await files.write("trusted.pem", AUTHORITY.cert);
      const certFile = await files.write("tls.crt", own.cert);
      const keyFile = await files.write("tls.key", own.key);
      const settings = { tls: { caFile, certFile, keyFile, serverName: "hooks.internal" } };
      await using sending = new Sending(settings, tls);
      await sending.deliver(3);
    }),
);

testNeeding(
  lacks,
  "nginx refuses a client certificate of another authority until it is rotated",
  () =>
    withNginx(async ({ tls, files }) => {
      const strange = issueCertificate("k8svent", { issuer: issueCertificate("Another authority") });
      const own = issueCertificate("k8svent", { issuer: AUTHORITY });
      const caFile = await files.write("trusted.pem", AUTHORITY.cert);
      const certFile = await files.write("tls.crt", strange.cert);
      const keyFile = await files.write("tls.key", strange.key);
      const settings = { tls: { caFile, certFile, keyFile, serverName: "hooks.internal" } };
      await using sending = new Sending(settings, tls);
      sending.add();
      assert.match(
        await sending.says(/^Endpoint ops/),
        /status 400 \(it wants a client certificate that it trusts: check the certFile/,
      );
      await files.write("tls.crt", own.cert);
      await files.write("tls.key", own.key);
      await sending.until(() => sending.pending === 0, "all is accepted");
    }),
);
