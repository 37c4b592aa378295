"""`python -m simulator.tcp`: the embedded broker alone, quick to start."""

import sys

from simulator.tcp.options import parse
from simulator.tcp.server import run

if __name__ == "__main__":
    sys.exit(run(parse(sys.argv[1:], "python -m simulator.tcp")))
