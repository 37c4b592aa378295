"""The server that loads modules once and forks instances: run as a script, with nothing of Warren's loaded.

    python server.py SOCKET MODULE...

SOCKET is the number of a connected SOCK_SEQPACKET socket. When all is loaded, the server sends a JSON list: the names
of the threads that the modules have started. A request is a JSON object and a descriptor: `module` and `arguments` as
`python -m` takes them, `environment`, and where standard output and error go. The answer is the id of the process, a
decimal. That process is no child of the server: its parent is whoever adopts the server's orphans
(`warren.worlds.real.runs.orphans`), so that it can be waited for there. The server ends when the socket does.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import threading
from pathlib import Path

_LARGEST = 1 << 20
"""Octets of a request; an environment is a few kibibytes."""


def main(number: int, modules: list[str]) -> str | None:
    """Serve until the socket ends; in a process that was forked, give the module that it is to run."""
    sys.path[0] = str(Path.cwd())  # as `python -m` has it
    for module in modules:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # each process would copy the pages of all that is loaded, at its first collection
    others = [thread.name for thread in threading.enumerate() if thread.name != "MainThread"]
    with socket.socket(fileno=number) as requests:
        requests.send(json.dumps(others).encode())
        while True:
            message, descriptors, _, _ = socket.recv_fds(requests, _LARGEST, 1)
            if not message:
                return None
            instance = _fork_orphan()
            if not instance:
                return _become(json.loads(message), *descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            requests.send(str(instance).encode())


def _fork_orphan() -> int:
    """Fork a process in a process group of its own, whose parent has ended; give its id, and 0 in it."""
    read_end, write_end = os.pipe()
    parent = os.fork()
    if parent:
        os.close(write_end)
        with os.fdopen(read_end) as told:
            instance = int(told.read())
        os.waitpid(parent, 0)
        return instance
    if os.fork():
        os._exit(0)
    os.setpgid(0, 0)
    os.close(read_end)
    with os.fdopen(write_end, "w") as tells:
        tells.write(str(os.getpid()))
    return 0


def _become(asked: dict[str, object], output: int) -> str:
    """Make this process what the command, run from its beginning, would have been; give the module to run."""
    environment, module, arguments = asked["environment"], asked["module"], asked["arguments"]
    assert isinstance(environment, dict)
    assert isinstance(module, str)
    assert isinstance(arguments, list)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return module


if __name__ == "__main__":
    to_run = main(int(sys.argv[1]), sys.argv[2:])
    if to_run is not None:
        runpy.run_module(to_run, run_name="__main__", alter_sys=True)
