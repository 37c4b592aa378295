"""What all designs of the course have in common: their manifests' variables, their plain messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.wire import BasicProperties

if TYPE_CHECKING:
    from typing import Self

    from warren.evidence.work_places import Outlet
    from warren.workloads.protocol import Role, Route


class CourseDesign:
    """Every design is judged as itself, and does the document's work in the document's time."""

    __slots__ = ()
    slug: str

    @property
    def judged_as(self) -> tuple[str, ...]:
        """As itself."""
        return (self.slug,)

    @property
    def is_told(self) -> bool:
        """Its instances know the contract."""
        return True

    @property
    def calls_http(self) -> bool:
        """It calls nobody."""
        return False

    @property
    def ignored(self) -> tuple[str, ...]:
        """Nothing."""
        return ()

    @property
    def totals(self) -> tuple[str, ...]:
        """None: each row says whose it is."""
        return ()

    @property
    def lasts_by_commits(self) -> bool:
        """It lasts by itself."""
        return False

    def without_line(self) -> Self:
        """Give it as it is: it lasts by itself on any."""
        return self

    @property
    def outlets(self) -> tuple[Outlet, ...]:
        """None: what its roles publish, others of them work on."""
        return ()

    def properties(self, unit_id: str) -> BasicProperties:
        """Give a persistent text with its id (document 1, chapter 2)."""
        return BasicProperties(content_type="text/plain", delivery_mode=2, message_id=unit_id)

    def route(self, role: Role, unit_id: str) -> Route:
        """Give the role's own route."""
        del unit_id
        assert role.route is not None, f"role {role} has no queue"
        return role.route

    def own_seconds(self, size: int) -> float:
        """Give 0: it is told how long a second is."""
        del size
        return 0.0

    def stretch(self, size: int) -> float:
        """Give 0: a consumer of the course sleeps for its work."""
        del size
        return 0.0
