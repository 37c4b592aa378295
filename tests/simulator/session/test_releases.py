"""The releases whose answers the broker gives are the ones that the images are made of."""

import re
from pathlib import Path

from warren.simulator.session.terms import RELEASES

IMAGES = Path(__file__).parents[3] / ".ci" / "images"


def test_images_are_of_the_measured_releases() -> None:
    """The recipes of RabbitMQ's images name the same patch versions."""
    named = re.findall(r"\[rabbitmq:([\d.]+)-management\]=([\d.]+)", IMAGES.read_text("utf-8"))
    assert dict(named) == RELEASES
