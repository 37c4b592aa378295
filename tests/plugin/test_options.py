"""Options: a word that Warren does not know is met with the nearest one, before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from warren.claims.catalogue import load_catalogue
from warren.errors import OptionError
from warren.plugin.options import Options, add_options, read_options
from warren.rigs.pace import PACES

pytest_plugins = ["pytester"]


def options(pytester: pytest.Pytester, *arguments: str) -> Options:
    """Read the options as pytest parses them."""
    return read_options(pytester.parseconfig(*arguments), load_catalogue())


@pytest.fixture
def pytester(pytester: pytest.Pytester) -> pytest.Pytester:
    """Give a pytest that has Warren's options, and nothing else of Warren."""
    pytester.plugins.append(Adds())
    return pytester


class Adds:
    """A plugin with the options alone."""

    def pytest_addoption(self, parser: pytest.Parser) -> None:
        """Add them."""
        add_options(parser)


def test_defaults(pytester: pytest.Pytester) -> None:
    """With no option the reference's two families are judged, on whatever there is."""
    found = options(pytester)
    assert [path.parent.name for path in found.implementations] == ["document", "hardened"]
    assert all(path.is_file() for path in found.implementations)
    assert (found.broker, found.database, found.pace) == ("auto", "auto", PACES["fast"])
    assert found.designs == found.guarantees == frozenset()
    assert found.report is None
    assert found.seed is None


def test_all_given(pytester: pytest.Pytester) -> None:
    """Options that may be given again add up; relative paths become absolute."""
    found = options(
        pytester,
        *("--implementation", "a.toml", "--implementation=/b.toml", "--pace=document"),
        *("--design=rpc", "--design=task", "--guarantee=no-loss", "--report=out", "--seed=7"),
    )
    assert found.implementations == (Path("a.toml").absolute(), Path("/b.toml"))
    assert found.designs == {"rpc", "task"}
    assert found.guarantees == {"no-loss"}
    assert found.pace is PACES["document"]
    assert found.report == Path("out").absolute()
    assert found.seed == 7


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--design=blockin", "--design: there is no 'blockin'; did you mean `blocking`"),
        ("--guarantee=no-los", "--guarantee: there is no 'no-los'; did you mean `no-loss`"),
        ("--guarantee=", "--guarantee: there is no ''"),
    ],
)
def test_unknown_word(pytester: pytest.Pytester, option: str, sentence: str) -> None:
    """The option, the word and the nearest right one stand in the sentence."""
    with pytest.raises(OptionError) as refused:
        options(pytester, option)
    assert str(refused.value).startswith(sentence)
    assert str(refused.value).endswith("see `warren list`.")
