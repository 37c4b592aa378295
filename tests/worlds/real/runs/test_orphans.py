"""Orphans: found without a mark, while the children that somebody answers for are left alone."""

from __future__ import annotations

import json
import subprocess
import sys

import psutil
import pytest

# Has a child before, and a server of the run and an "instance" after it began to take in orphans; the instance ends and
# leaves a child in a session of its own with nothing in its environment, which has a child too.
SCRIPT = """
import json, os, psutil, subprocess, sys
from warren.worlds.real.runs.orphans import Orphans, adopt_orphans
STAY = [sys.executable, "-c", "import signal; signal.pause()"]
LOST = '''
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
print(os.getpid(), child.pid, flush=True)
os.close(1)
child.wait()
'''
INSTANCE = '''
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], env={}, start_new_session=True)
'''
adopt_orphans()
before = subprocess.Popen(STAY)
orphans = Orphans("this-run")
server = subprocess.Popen(STAY, env={"WARREN_RUN": "this-run"})
instance = subprocess.Popen([sys.executable, "-c", INSTANCE, LOST], stdout=subprocess.PIPE, text=True)
lost = [int(pid) for pid in instance.stdout.readline().split()]
instance.wait(30)
orphans.end()
print(json.dumps({
    "lost": lost,
    "left alone": [before.poll() is None, server.poll() is None],
    "zombies": [c.pid for c in psutil.Process().children() if c.status() == "zombie"],
}))
before.kill(), server.kill()
before.wait(), server.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="nobody else can take in orphans")
def test_orphans_end() -> None:
    """A daemon without a mark ends with its own children and is reaped; other children stay."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told["lost"]) == 2
    assert not any(map(psutil.pid_exists, told["lost"]))
    assert told["left alone"] == [True, True]
    assert told["zombies"] == []
