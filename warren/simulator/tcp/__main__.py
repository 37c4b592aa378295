"""`python -m warren.simulator.tcp`: the embedded broker alone, quick to start."""

import gc
import sys

gc.disable()  # until the broker runs: nothing is garbage yet, and to look for it takes a sixth of the start

from warren.simulator.tcp.options import parse  # noqa: E402 - see above
from warren.simulator.tcp.server import run  # noqa: E402

if __name__ == "__main__":
    sys.exit(run(parse(sys.argv[1:], "python -m warren.simulator.tcp")))
