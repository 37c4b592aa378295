"""A consumer of one queue: threads work on what is given, and leave it where its line has gone."""

import logging
import queue
import select
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from kombu.entity import Exchange, Queue

from workers.database import Refused
from workers.line import LOSSES, Line, Lost, Outgoing
from workers.messages import Malformed
from workers.settings import Settings
from workers.stopping import Stop, Stopped

LOG = logging.getLogger(__name__)
MANY = 16  # at once, where the prefetch count knows no bound


class Left(Exception):  # noqa: N818 - what is done with a message
    """The message in hand is left to the broker: the line has gone, or a stop found it waiting."""


@dataclass(frozen=True)
class Source:
    """One exchange with one queue, and how its messages are worked on."""

    exchange: str
    queue: str
    handle: Callable[["Job"], None]
    at_once: bool = False

    def declare(self, channel: Any) -> Queue:
        """Have both, bound."""
        exchange = Exchange(self.exchange, "direct", durable=True)
        bound: Queue = Queue(self.queue, exchange, routing_key="", durable=True)(channel)
        bound.declare()
        return bound


class Job:
    """One message in hand, for the thread that works on it."""

    def __init__(self, line: Line, message: Any, stop: Stop) -> None:
        self._line = line
        self._stop = stop
        self._message = message
        self.body: bytes = message.body or b""  # the library has a string where there is no body
        self.exchange: str = message.delivery_info["exchange"]
        self.redelivered: bool = message.delivery_info["redelivered"]
        self.properties: dict[str, Any] = message.properties

    @property
    def message_id(self) -> str | None:
        return self.properties.get("message_id")

    def sleep(self, seconds: float) -> None:
        """Work, as long as the line is there."""
        if self._line.gone.wait(seconds):
            raise Left

    def pause(self, seconds: float) -> None:
        """Wait for another try, which there is none of after a stop signal."""
        self.sleep(seconds)
        if self._stop.told:
            raise Left

    def declare_exchange(self, name: str) -> None:
        """Have an exchange to publish to."""
        self._line.ask(partial(self._line.declare_exchange, name))

    def publish(self, *messages: Outgoing) -> None:
        """Return when each is confirmed, and in a queue if it is mandatory."""
        seconds, waiting = 0.25, list(messages)
        while waiting := self._line.ask(partial(self._line.publish, waiting)):
            LOG.warning("%d messages have reached no queue yet", len(waiting))
            self.pause(seconds)
            seconds = min(seconds * 2, 2.0)

    def ack(self) -> None:
        self._line.ask(self._message.ack)

    def put_aside(self, queue_: str) -> None:
        """Keep a copy where a person finds it, and reject the message."""
        place = Source(queue_, queue_, _nothing)
        self._line.ask(partial(place.declare, self._line.channel))
        kept = {key: self.properties[key] for key in KEPT if key in self.properties}
        copy = Outgoing(
            queue_,
            self.body,
            properties=PERSISTENT | kept,
            headers=self._message.headers,
            content_type=self._message.content_type,
        )
        self.publish(copy)
        self._line.ask(self._message.reject)


PERSISTENT = {"delivery_mode": 2}
KEPT = ("message_id", "correlation_id", "content_encoding")


class Consumer:
    """One source, through any number of lines."""

    def __init__(self, settings: Settings, stop: Stop, source: Source) -> None:
        self._settings = settings
        self._stop = stop
        self._source = source
        self._lock = threading.Lock()
        self._in_work = 0
        self._settled = 0

    def run(self) -> None:
        """Consume until told to stop, or until as many messages are settled as were asked for."""
        pause = 0.1
        while not self._bound_reached:
            try:
                with self._stop.may_interrupt():
                    line = Line(self._settings)
                with line:
                    self._consume(line)
                pause = 0.1
            except LOSSES as error:
                LOG.warning("no line: %r", error)
            if not self._bound_reached:
                with self._stop.may_interrupt():
                    select.select([], [], [], pause)
            pause = min(pause * 2, 1.0)

    @property
    def _bound_reached(self) -> bool:
        return self._settled == self._settings.bound > 0

    def _consume(self, line: Line) -> None:
        """Consume on one line until it is of no more use."""
        given: queue.SimpleQueue[Any] = queue.SimpleQueue()
        width = (self._settings.prefetch or MANY) if self._source.at_once else 1
        threads = [
            threading.Thread(target=self._work, args=(line, given), daemon=True)
            for _ in range(width)
        ]
        cancelled = threading.Event()
        with self._stop.may_interrupt():
            declared = self._source.declare(line.channel)
            line.channel.basic_qos(0, self._settings.prefetch, False)
            tag = declared.consume(
                callback=lambda raw: given.put(line.channel.message_to_python(raw)),
                no_ack=False,
                on_cancel=lambda _: cancelled.set(),
            )
        for thread in threads:
            thread.start()
        while not (self._bound_reached or self._stop.told or cancelled.is_set()):
            line.turn(self._stop.bell)
        if not cancelled.is_set():
            line.channel.basic_cancel(tag, nowait=True)
        for _ in threads:
            given.put(None)  # after what was given, which a stop signal leaves
        while any(thread.is_alive() for thread in threads):
            line.turn(timeout=0.2)
        if self._stop.told:
            raise Stopped

    def _work(self, line: Line, given: "queue.SimpleQueue[Any]") -> None:
        while (message := given.get()) is not None and self._may_begin():
            try:
                self._settle(Job(line, message, self._stop))
            except (Left, Lost):
                LOG.warning("left to the broker")
                return
            finally:
                with self._lock:
                    self._in_work -= 1
                line.ring()

    def _may_begin(self) -> bool:
        bound = self._settings.bound
        with self._lock:
            if self._stop.told or self._settled + self._in_work >= bound > 0:
                return False
            self._in_work += 1
            return True

    def _settle(self, job: Job) -> None:
        """Do one message, and ack it, or put it aside if it can never be done."""
        try:
            self._source.handle(job)
        except (Left, Lost):
            raise
        except (Malformed, Refused) as error:
            LOG.warning("put aside: %s", error)
            job.put_aside(f"{self._source.queue}.aside")
        except Exception:
            LOG.exception("put aside")
            job.put_aside(f"{self._source.queue}.aside")
        else:
            job.ack()
        with self._lock:
            self._settled += 1


def _nothing(_: Job) -> None:
    """Work on nothing: the queue is for people."""
