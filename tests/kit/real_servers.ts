import { issueCertificate } from "./certificates.ts";

/** A server program that people run, in front of a backend or as one; on two ports, plain and TLS. */
export interface RealServer {
  name: string;
  /** Of the executable. */
  program: string;
  /** How to get it, as the end of a sentence. */
  install: string;
  /** Writes what it needs into the folder; returns the command that runs it in the foreground. */
  prepare: (place: Place) => Promise<string[]>;
  /** Prints the `webhook-id` of each request by itself; the others forward to the backend. */
  isBackend: boolean;
}

export interface Place {
  folder: string;
  plain: number;
  tls: number;
  backend: number;
}

export const AUTHORITY = issueCertificate("Test authority");
const LEAF = issueCertificate("a server", { issuer: AUTHORITY, hosts: ["localhost", "127.0.0.1"] });

async function writeCertificate(folder: string): Promise<void> {
  await Deno.writeTextFile(`${folder}/cert.pem`, LEAF.cert);
  await Deno.writeTextFile(`${folder}/key.pem`, LEAF.key);
  await Deno.writeTextFile(`${folder}/both.pem`, LEAF.cert + LEAF.key);
}

/** Each closes a connection that rests for a second. */
export const REAL_SERVERS: RealServer[] = [
  {
    name: "nginx",
    program: "nginx",
    install: "apt-get install nginx-light, on Debian",
    isBackend: false,
    async prepare({ folder, plain, tls, backend }): Promise<string[]> {
      await writeCertificate(folder);
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
      await Deno.writeTextFile(
        `${folder}/nginx.conf`,
        `user root; daemon off; pid ${folder}/pid; error_log stderr crit; events { worker_connections 256; }
        http { access_log off; ${temporary} keepalive_timeout 1s;
          server { listen 127.0.0.1:${plain}; listen 127.0.0.1:${tls} ssl;
            ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
            location / { proxy_pass http://127.0.0.1:${backend}; } } }`,
      );
      return ["nginx", "-e", "stderr", "-p", folder, "-c", `${folder}/nginx.conf`];
    },
  },
  {
    name: "haproxy",
    program: "haproxy",
    install: "apt-get install haproxy, on Debian",
    isBackend: false,
    async prepare({ folder, plain, tls, backend }): Promise<string[]> {
      await writeCertificate(folder);
      await Deno.writeTextFile(
        `${folder}/haproxy.cfg`,
        `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 1s
  timeout http-keep-alive 1s
frontend front
  bind 127.0.0.1:${plain}
  bind 127.0.0.1:${tls} ssl crt ${folder}/both.pem
  default_backend back
backend back
  server one 127.0.0.1:${backend}
`,
      );
      return ["haproxy", "-q", "-db", "-f", `${folder}/haproxy.cfg`];
    },
  },
  {
    name: "Caddy",
    program: "caddy",
    install: "apt-get install caddy, on Debian",
    isBackend: false,
    async prepare({ folder, plain, tls, backend }): Promise<string[]> {
      await writeCertificate(folder);
      await Deno.writeTextFile(
        `${folder}/Caddyfile`,
        `{
  admin off
  auto_https off
  grace_period 1s
  servers {
    timeouts {
      idle 1s
    }
  }
}
http://localhost:${plain} {
  reverse_proxy 127.0.0.1:${backend}
}
https://localhost:${tls} {
  tls ${folder}/cert.pem ${folder}/key.pem
  reverse_proxy 127.0.0.1:${backend}
}
`,
      );
      return ["caddy", "run", "--config", `${folder}/Caddyfile`, "--adapter", "caddyfile"];
    },
  },
  {
    name: "Go's own server",
    program: "go",
    install: "see go.dev/dl",
    isBackend: true,
    async prepare({ folder, plain, tls }): Promise<string[]> {
      await writeCertificate(folder);
      await Deno.writeTextFile(
        `${folder}/main.go`,
        `package main

import ("context"; "fmt"; "io"; "net/http"; "os"; "os/signal"; "syscall"; "time")

func main() {
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		fmt.Println(r.Header.Get("webhook-id"))
		fmt.Fprint(w, "ok")
	})
	plain := &http.Server{Addr: "127.0.0.1:${plain}", Handler: answer, IdleTimeout: time.Second}
	secure := &http.Server{Addr: "127.0.0.1:${tls}", Handler: answer, IdleTimeout: time.Second}
	go plain.ListenAndServe()
	go secure.ListenAndServeTLS("${folder}/cert.pem", "${folder}/key.pem")
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	late, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	plain.Shutdown(late)
	secure.Shutdown(late)
}
`,
      );
      const build = new Deno.Command("go", {
        args: ["build", "-o", `${folder}/server`, `${folder}/main.go`],
        env: { GOFLAGS: "", GO111MODULE: "off" },
      });
      const { success, stderr } = await build.output();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
      return [`${folder}/server`];
    },
  },
  {
    name: "Node's own server",
    program: "node",
    install: "see nodejs.org",
    isBackend: true,
    async prepare({ folder, plain, tls }): Promise<string[]> {
      await writeCertificate(folder);
      await Deno.writeTextFile(
        `${folder}/server.mjs`,
        `import { createServer } from "node:http";
import { createServer as createSecure } from "node:https";
import { readFileSync, writeSync } from "node:fs";
const answer = (request, response) => {
  request.resume();
  request.on("end", () => {
    writeSync(1, request.headers["webhook-id"] + "\\n");
    response.end("ok");
  });
};
const tls = { cert: readFileSync("${folder}/cert.pem"), key: readFileSync("${folder}/key.pem") };
const servers = [createServer(answer).listen(${plain}, "127.0.0.1"), createSecure(tls, answer).listen(${tls}, "127.0.0.1")];
for (const server of servers) server.keepAliveTimeout = 1000;
process.on("SIGTERM", () => {
  for (const server of servers) server.close();
  setTimeout(() => process.exit(), 300);
});
`,
      );
      return ["node", `${folder}/server.mjs`];
    },
  },
];

/** Why a server cannot be run here; undefined where it can. */
export function lacksServer({ program, name, install }: RealServer): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(":").concat("/usr/sbin");
  const isThere = folders.some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
  return isThere ? undefined : `${name} is missing: ${install}.`;
}

/** A running server, which can be restarted, and the ids that reached it or its backend. */
export class RunningServer implements AsyncDisposable {
  readonly ids: string[] = [];
  readonly #command: string[];
  #child: Deno.ChildProcess | undefined;
  #reading: Promise<void> = Promise.resolve();

  private constructor(readonly place: Place, command: string[]) {
    this.#command = command;
  }

  static async start(server: RealServer, place: Place): Promise<RunningServer> {
    const running = new RunningServer(place, await server.prepare(place));
    await running.#spawn();
    return running;
  }

  /** Asks it to end, as an orchestrator does, and starts it anew on the same ports. */
  async restart(): Promise<void> {
    await this.#end();
    await this.#spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  async #spawn(): Promise<void> {
    const [program = "", ...args] = this.#command;
    const { folder } = this.place;
    this.#child = new Deno.Command(program, {
      args,
      env: { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, PATH: `${Deno.env.get("PATH")}:/usr/sbin` },
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#reading = this.#read(this.#child.stdout);
    for (const port of [this.place.plain, this.place.tls]) await isListening(port);
  }

  async #read(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let text = "";
    for await (const chunk of stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (text + chunk).split("\n");
      text = lines.pop() ?? "";
      this.ids.push(...lines);
    }
  }

  async #end(): Promise<void> {
    this.#child?.kill("SIGTERM");
    await this.#child?.status;
    await this.#reading;
  }
}

async function isListening(port: number): Promise<void> {
  for (let turn = 0; turn < 400; turn++) {
    try {
      return (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error(`Nothing listens on port ${port}.`);
}
