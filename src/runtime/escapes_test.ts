import assert from "node:assert/strict";
import { takesColours, takesEscapes } from "./escapes.ts";

Deno.test("escapes and colours go to a terminal that knows them, and colours only where they are not turned off", () => {
  const [terminal, pipe] = [true, false].map((isTerminal) => ({ isTerminal: () => isTerminal }));
  assert.ok(terminal !== undefined && pipe !== undefined);
  for (
    const [stream, term, isOff, escapes, colours] of [
      [terminal, "xterm", false, true, true],
      [terminal, undefined, false, true, true],
      [terminal, "xterm", true, true, false],
      [terminal, "dumb", false, false, false],
      [pipe, "xterm", false, false, false],
    ] as const
  ) {
    assert.equal(takesEscapes(stream, term), escapes);
    assert.equal(takesColours(stream, term, isOff), colours);
  }
});
