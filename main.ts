import { ListenError } from "./src/admin/listen.ts";
import type { OperateWorld } from "./src/app/operate.ts";
import { chosenLogFormat } from "./src/cli/log_format.ts";
import { defined } from "./src/cli/given.ts";
import { inGivenNames } from "./src/cli/given_names.ts";
import { parseCommand } from "./src/cli/command.ts";
import type { Answer, CommandContext } from "./src/cli/context.ts";
import type { Options } from "./src/cli/options.ts";
import type {
  DoctorOptions,
  ExplainOptions,
  LinkImageOptions,
  OperateOptions,
  Output,
  ReceiveOptions,
  SendTestOptions,
  TailOptions,
} from "./src/cli/job.ts";
import { UsageError } from "./src/config/usage_error.ts";
import { suspiciousVariables } from "./src/cli/variables.ts";
import { buildOf, describeBuild } from "./src/cli/version.ts";
import { ClusterError } from "./src/cluster/error.ts";
import { ClusterSetupError } from "./src/cluster/setup_error.ts";
import { cannotRun, runChild } from "./src/runtime/child.ts";
import { systemClock } from "./src/runtime/clock.ts";
import { openEnvironment } from "./src/runtime/environment.ts";
import { takesColours, takesEscapes } from "./src/runtime/escapes.ts";
import { checkExtraTrust, TrustFileError } from "./src/runtime/extra_trust.ts";
import { isReadOnce, readBytesUpTo, readTextAgain, readTextUpTo } from "./src/runtime/named_text.ts";
import { printable } from "./src/runtime/printable.ts";
import type { Log } from "./src/runtime/log.ts";
import { type LogForm, openLog, usageLine } from "./src/runtime/logtape.ts";
import { fixedSecrets, openSecretFile, SecretFileError, type Secrets } from "./src/runtime/secret_file.ts";
import type { Paint } from "./src/runtime/paint.ts";
import { listenForSignals, type SignalActions, Stopped } from "./src/runtime/signals.ts";
import { exit, logLines, OutputError, print, writeError } from "./src/runtime/standard_streams.ts";
import { StatusLine } from "./src/runtime/status_line.ts";
import { StoreError } from "./src/store/disk_fault.ts";

/** Bytes of a body that somebody asks about. No message has as many. */
const LARGEST_BODY = 2 ** 24;

/** Bytes of the configuration file and what it names. No ConfigMap holds more. */
const LARGEST_FILE = 2 ** 20;

const FILES: CommandContext["files"] = {
  readText: (path) => readTextUpTo(path, LARGEST_FILE),
  readTextAgain: (path) => readTextAgain(path, LARGEST_FILE),
  isReadOnce,
  readBytes: (path) => readBytesUpTo(path, LARGEST_BODY),
  realPath: Deno.realPathSync,
};

/** What signals lead to until there is a run that has a use for them. */
const signals: SignalActions = { onSecond(): void {}, onAsked(): void {} };

/** What a person can mend: the message says it all. */
const FOR_PEOPLE = [
  ClusterError,
  ClusterSetupError,
  ListenError,
  OutputError,
  SecretFileError,
  StoreError,
  TrustFileError,
];

/** What may come of it where there is no log. */
const COMPLAINTS = [UsageError, OutputError, ListenError, TrustFileError];

/** Whether it is to run, rather than to carry out the command that the first word names. */
const isRun = !/^[a-z][a-z-]*$/.test(Deno.args[0] ?? "");

/**
 * Says what is wrong where there is no log: of a command, to whoever typed it, as a sentence; of the run as a line of the log
 * that it would have, since what collects that reads this, too.
 */
function complain(message: string, form = formOf(undefined)): void {
  writeError(isRun ? usageLine(form, message) : `${printable(message)}\n`);
}

/** Where an error that nothing else catches goes; the log, as soon as there is one. */
let sayUnexpected = (error: unknown): void =>
  complain(`${UNEXPECTED} (${error instanceof Error ? error.message : error})`);

const UNEXPECTED = "k8svent failed unexpectedly, by a fault of its own: --log-level debug says where.";

// What a callback throws or a promise that nobody waits for rejects with is one line, too.
for (const kind of ["error", "unhandledrejection"] as const) {
  globalThis.addEventListener(kind, (event) => {
    event.preventDefault();
    sayUnexpected(event instanceof PromiseRejectionEvent ? event.reason : (event as ErrorEvent).error);
    void exit(1);
  });
}

const stop = listenForSignals(signals);

await exit(await main(Deno.args));

async function main(argv: string[]): Promise<number> {
  const env = openEnvironment();
  const context: CommandContext = {
    env,
    files: FILES,
    now: systemClock.now,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  };
  try {
    const options = await parseCommand(argv, context);
    switch (options.command) {
      case "run":
        return await start(options, argv, context);
      case "answer":
        return await answer(options);
      case "doctor":
        return await startDoctor(options, context);
      case "link-image":
        return await startLink(options, context);
      case "receive":
        return await startReceiver(options);
      case "send-test":
        return await sendTest(options, context);
      case "tail":
        return await startTail(options, context);
      case "operate":
        return await startOperation(options, context);
      case "explain":
        return await startExplanation(options, context);
      case "version":
        return await sayVersion(options.output);
    }
  } catch (error) {
    if (COMPLAINTS.some((kind) => error instanceof kind)) {
      const form = formOf(chosenLogFormat(argv, env));
      const messages = error instanceof UsageError ? error.messages : [(error as Error).message];
      for (const message of messages) complain(message, form);
      return error instanceof UsageError ? 2 : 1;
    }
    if (error instanceof Stopped) return error.code;
    sayUnexpected(error);
    return 1;
  }
}

async function answer({ code, data, remarks }: Answer): Promise<number> {
  writeError(remarks);
  await print(data);
  return code;
}

async function sayVersion(output: Output): Promise<number> {
  const build = buildOf(Deno.version.deno);
  if (output === "table") await print(describeBuild(build));
  else await print(await (await import("./src/cli/output.ts")).shownAs(output, build, () => ""));
  return 0;
}

async function startReceiver(options: ReceiveOptions): Promise<number> {
  const fault = options.exec === undefined ? undefined : cannotRun(options.exec.argv[0] ?? "");
  if (fault !== undefined) throw new UsageError(`The command of --exec ${fault}.`);
  const { receive } = await import("./src/app/receive.ts");
  await receive(options, {
    clock: systemClock,
    print: (text) => print(text, stop),
    remark: (line) => writeError(`${line}\n`),
    run: runChild,
    stop,
  });
  return 0;
}

async function startLink(options: LinkImageOptions, { env, random }: CommandContext): Promise<number> {
  const { linkImage, sentenceOf } = await import("./src/app/link_image.ts");
  const { shownAs } = await import("./src/cli/output.ts");
  const remark = (line: string): void => writeError(`${line}\n`);
  const linked = await linkImage(options, { clock: systemClock, env, random, stop, remark });
  const sentence = sentenceOf(options, linked);
  // For a person, what went wrong is no data.
  if (options.output === "table" && !linked.isAccepted) remark(sentence.trimEnd());
  else await print(await shownAs(options.output, linked, () => sentence));
  return linked.isAccepted ? 0 : 1;
}

async function sendTest(options: SendTestOptions, { env, random }: CommandContext): Promise<number> {
  const { accountOf } = await import("./src/app/trial.ts");
  const { textOf } = await import("./src/app/account.ts");
  const { shownAs } = await import("./src/cli/output.ts");
  const account = await accountOf(options, { clock: systemClock, env, random, stop });
  await print(await shownAs(options.output, account, () => textOf(account)));
  return account.isAccepted ? 0 : 1;
}

async function startDoctor(job: DoctorOptions, { env, random }: CommandContext): Promise<number> {
  const { examine } = await import("./src/app/doctor.ts");
  const { endOf, isWell, lineOf } = await import("./src/app/diagnosis.ts");
  const { output } = job;
  const line = new StatusLine(writeError, () => Deno.consoleSize().columns);
  const show = (text: string | undefined): void => takesEscapes(Deno.stderr) ? line.show(text) : undefined;
  const paint = await openPaint();
  const findings = await examine(job, {
    clock: systemClock,
    random: Math.random,
    randomBytes: random,
    env,
    realPath: FILES.realPath,
    stop,
    begin: (what) => show(`Looks at ${what} ...`),
    async found(finding): Promise<void> {
      if (output !== "table") return;
      show(undefined);
      await print(lineOf(finding, paint));
    },
  }).finally(() => show(undefined));
  await print(await endOf(findings, output));
  return isWell(findings) ? 0 : 1;
}

async function startTail(job: TailOptions, { env }: CommandContext): Promise<number> {
  const { logFormat, logLevel, names } = job.options;
  const log = openLog({
    // Somebody looks on, also where the lines go elsewhere.
    ...formOf(logFormat ?? "text"),
    level: logLevel,
    write: writeError,
    secrets: () => [],
    reword: (message) => inGivenNames(message, names),
  });
  const isTerminal = Deno.stdout.isTerminal();
  return await logged(log, async () => {
    checkExtraTrust(env, log);
    const { tail } = await import("./src/app/tail.ts");
    await tail(job, {
      clock: systemClock,
      random: Math.random,
      env,
      log,
      print: (text) => print(text, stop),
      form: () => ({
        isColoured: takesColours(Deno.stdout),
        columns: isTerminal ? Deno.consoleSize().columns || 80 : undefined,
      }),
      stop,
    });
    throw stop.reason;
  });
}

/** Does what has a log: an error is a line of it. Returns the exit code. */
async function logged(log: Log, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    // Stopped before there was anything to be ended in an orderly way, such as in the midst of the first list.
    if (error instanceof Stopped) return error.code;
    // What a person can mend is a sentence; anything else is a fault of the program.
    if (isForPeople(error)) log.error(error.message);
    else sayUnexpected(error);
    return isWrongUse(error) ? 2 : 1;
  }
}

async function startOperation(options: OperateOptions, context: CommandContext): Promise<number> {
  const { operate } = await import("./src/app/operate.ts");
  return await operate(options, await operateWorld(context));
}

async function startExplanation(options: ExplainOptions, context: CommandContext): Promise<number> {
  const { explainPod } = await import("./src/app/explain.ts");
  const log = openLog({ ...formOf("text"), level: "warn", write: writeError, secrets: () => [] });
  return await explainPod(options, { ...await operateWorld(context), log });
}

/** @throws {TrustFileError}, since the runtime would fail at each request, and not say why */
async function operateWorld({ env }: CommandContext): Promise<OperateWorld> {
  const remark = (line: string): void => writeError(`${line}\n`);
  const nothing = (): void => {};
  checkExtraTrust(env, { debug: nothing, info: nothing, warn: remark, error: nothing });
  return {
    clock: systemClock,
    env,
    paint: await openPaint(),
    print,
    remark,
    stop,
  };
}

/** The colours of what is written to stdout. */
async function openPaint(): Promise<Paint> {
  const { painter } = await import("./src/runtime/paint.ts");
  return painter(takesColours(Deno.stdout));
}

/** How a line of the log looks, where a person has chosen it or not. */
function formOf(chosen: "json" | "text" | undefined): LogForm {
  const isTerminal = Deno.stderr.isTerminal();
  const format = chosen ?? (isTerminal ? "text" : "json");
  return { format, isColoured: takesColours(Deno.stderr), now: systemClock.now };
}

async function start(options: Options, argv: string[], context: CommandContext): Promise<number> {
  const { env } = context;
  const form = formOf(options.logFormat);
  const write = Deno.stderr.isTerminal() ? writeError : (text: string): void => logLines.write(text);
  const line = new StatusLine(write, () => Deno.consoleSize().columns);
  let secrets: Secrets = fixedSecrets(options.secrets);
  const log = openLog({
    ...form,
    level: options.logLevel,
    write: (text) => line.write(text),
    secrets: () => secrets.current(),
    reword: (message) => inGivenNames(message, options.names),
  });
  logLines.onMissing = (lines): void =>
    log.warn("Lines of the log are missing here: nothing read them from stderr.", { lines });
  signals.onSecond = (signal): void => {
    const rest = options.once || options.state === undefined ? "is lost" : "stays in the state file";
    log.warn(`A second signal (${signal}): it ends at once. What is pending ${rest}.`);
  };
  sayUnexpected = (error) => log.error(UNEXPECTED, { error });
  for (const warning of [...suspiciousVariables(filledVariables()), ...options.warnings]) log.warn(warning);
  // Until there is something to reload; the file is looked at soon after.
  if (reloadsOnHangup(options)) signals.onHangup = () => {};
  return await logged(log, async () => {
    checkExtraTrust(env, log);
    if (options.secretFile !== undefined) {
      secrets = openSecretFile(options.secretFile, { clock: systemClock, log });
    }
    const { configurationOf } = await import("./src/app/configuration.ts");
    const { run } = await import("./src/app/run.ts");
    return await run(options, {
      clock: systemClock,
      random: Math.random,
      env,
      log,
      secrets,
      print: (text) => print(text, stop),
      ...isWatched(options, form.format) && { show: (text: string | undefined): void => line.show(text) },
      stop,
      realPath: FILES.realPath,
      ...defined("configuration", configurationOf(options, argv, context)),
      onReload(reload): void {
        if (signals.onHangup !== undefined) signals.onHangup = reload;
      },
      operate(actions): void {
        signals.onAsked = (): void => void actions.retry();
      },
    });
  });
}

/** From the start to the end, while it drains too: who asks for the file to be read again wants nothing to be lost. */
function reloadsOnHangup({ config, once }: Options): boolean {
  return config !== undefined && !once && !Deno.stdin.isTerminal() && !Deno.stderr.isTerminal();
}

/** Whether somebody sees how far it is, and sees it apart from the data. */
function isWatched({ endpoints }: Options, format: "json" | "text"): boolean {
  const isApart = endpoints.length > 0 || !Deno.stdout.isTerminal();
  return format === "text" && takesEscapes(Deno.stderr) && isApart;
}

/** The names of all variables that hold something; with narrow permissions, of those that may be seen. */
function filledVariables(): string[] {
  return Object.entries(Deno.env.toObject()).filter(([, value]) => value.trim() !== "").map(([name]) => name);
}

/** What the command line asks for is wrong, as only the API server could tell: a selector. */
function isWrongUse(error: unknown): boolean {
  return error instanceof ClusterError && error.fault === "invalid";
}

function isForPeople(error: unknown): error is Error {
  return FOR_PEOPLE.some((kind) => error instanceof kind);
}
