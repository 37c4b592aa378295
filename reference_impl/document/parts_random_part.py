"""Chapter "randomness and scaling": the part consumer, three of them, 1 to 3 s a part.

Defect: the order of the parts is lost, and the package row comes before the last part in about
a quarter of the runs.
"""

from reference_impl.document import parts_part
from reference_impl.settings import Settings
from reference_impl.stop import Stop


def play(settings: Settings, stop: Stop) -> None:
    """Consume parts that take 1 to 3 seconds."""
    parts_part.play(settings, stop, longest=3)
