"""One connection on a line: its two lanes, and the facts of its beginning and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.evidence.frame_reader import Reader
from warren.evidence.frames import ConnectionEnded, ConnectionOpened, Direction
from warren.worlds.line.forging import Forging
from warren.worlds.line.lane import Lane
from warren.worlds.line.learnt import Learnt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.evidence.frames import By, How
    from warren.worlds.line.lane import Surroundings


class Lanes:
    """The connection with that number of an instance, from its beginning on."""

    def __init__(self, instance: str, number: int, around: Surroundings) -> None:
        """Log that it was opened, and be told of the plan's changes until `close`."""
        self._instance, self._number, self._around = instance, number, around
        self._learnt = Learnt()
        self._is_over = False
        self.to_broker = self._lane(Direction.TO_BROKER)
        self.to_client = self._lane(Direction.TO_CLIENT)
        forging = Forging(around.plan, self._learnt, self.to_broker, self.to_client, around.log)
        around.plan.forge_on(number, forging)
        around.log(ConnectionOpened(around.now(), instance, number))

    def __iter__(self) -> Iterator[Lane]:
        """Give both."""
        return iter((self.to_broker, self.to_client))

    def end(self, by: By, how: How, detail: str) -> None:
        """Log how the connection ended, the first time; where a side had closed it in order, that is how."""
        if self._is_over:
            return
        self._is_over = True
        if self._learnt.close is not None and how != "cut":
            (by, detail), how = self._learnt.close, "close"
        now = self._around.now()
        self._around.log(ConnectionEnded(now, self._instance, self._number, by, how, detail))

    def cut(self, detail: str) -> None:
        """End it on the rig's behalf: what waits is lost."""
        self.end("rig", "cut", detail)
        for lane in self:
            lane.lose_target()

    def close(self) -> None:
        """Be told of the plan's changes no more: both ends have gone."""
        for lane in self:
            self._around.plan.let_go(lane)
        self._around.plan.forge_no_more(self._number)

    def _lane(self, direction: Direction) -> Lane:
        reader = Reader(direction, self._instance, self._number)
        lane = Lane(reader, self._around, self._learnt)
        self._around.plan.take_in(lane)
        return lane
