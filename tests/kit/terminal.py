"""Runs a program in a terminal of its own and types into it, for terminal.ts: a job of JSON on stdin, the screen on stdout.

The job: argv, env, steps ([what to wait for, as a regular expression of what came since the last step; what to type then])
and seconds, after which it gives up.
"""

import json
import os
import pty
import re
import select
import sys
import time

job = json.load(sys.stdin)
child, terminal = pty.fork()
if child == 0:
    os.execvpe(job["argv"][0], job["argv"], {**os.environ, **job["env"]})

screen = b""
since = 0
steps = list(job["steps"])
end = time.monotonic() + job["seconds"]
while time.monotonic() < end:
    if steps and re.search(steps[0][0].encode(), screen[since:]):
        since = len(screen)
        os.write(terminal, steps.pop(0)[1].encode())
    if not select.select([terminal], [], [], 0.1)[0]:
        continue
    try:
        more = os.read(terminal, 65536)
    except OSError:  # Linux says so when the program has ended.
        break
    if not more:
        break
    screen += more
os.close(terminal)
os.waitpid(child, 0)
sys.stdout.buffer.write(screen)
