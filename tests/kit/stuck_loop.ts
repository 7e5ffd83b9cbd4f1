/** For `--preload`: on SIGUSR2 the event loop of the program is stuck for four seconds. */
Deno.addSignalListener("SIGUSR2", () => {
  for (const until = performance.now() + 4_000; performance.now() < until;);
});
