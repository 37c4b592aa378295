"""The environment becomes settings, or one clear sentence."""

import pytest

from reference_impl.settings import SettingsError, database_url, from_environment

_LEAST = {
    "WARREN_AMQP_URL": "amqp://u:p%40ss@127.0.0.1:5672/%2f",
    "WARREN_DATABASE_URL": "sqlite:////tmp/x.db",
}


def test_the_document_s_values_are_the_defaults() -> None:
    """Two addresses are enough."""
    settings = from_environment(_LEAST)
    assert (settings.heartbeat, settings.prefetch, settings.second) == (5, 1, 1.0)
    assert (settings.max_messages, settings.http_port) == (0, 7777)


def test_reads_every_variable() -> None:
    """Each variable of the contract becomes its field."""
    settings = from_environment(
        _LEAST
        | {
            "WARREN_HEARTBEAT": "1",
            "WARREN_PREFETCH": "3",
            "WARREN_SECOND": "0.2",
            "WARREN_MAX_MESSAGES": "2",
            "WARREN_TIMEOUT": "2.5",
            "WARREN_HTTP_PORT": "8080",
            "WARREN_INSTANCE": "part-2",
            "WARREN_PROTOCOL": "1",
            "PATH": "/bin",
        }
    )
    assert (settings.heartbeat, settings.prefetch, settings.second) == (1, 3, 0.2)
    assert (settings.max_messages, settings.timeout) == (2, 2.5)
    assert (settings.http_port, settings.instance) == (8080, "part-2")


@pytest.mark.parametrize("name", sorted(_LEAST))
def test_missing(name: str) -> None:
    """A missing address is named."""
    without = {key: value for key, value in _LEAST.items() if key != name}
    with pytest.raises(SettingsError, match=f"^{name} is not set"):
        from_environment(without)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WARREN_AMQP_URL", "http://u:secret@host/"),
        ("WARREN_DATABASE_URL", "secret"),
        ("WARREN_HEARTBEAT", "0"),
        ("WARREN_HEARTBEAT", "1.5"),
        ("WARREN_PREFETCH", "-1"),
        ("WARREN_SECOND", "0"),
        ("WARREN_SECOND", "nan"),
        ("WARREN_MAX_MESSAGES", "many"),
        ("WARREN_TIMEOUT", "inf"),
        ("WARREN_HTTP_PORT", "70000"),
    ],
)
def test_unusable(name: str, value: str) -> None:
    """A value that cannot be used is refused in one line that names the variable, not the value."""
    with pytest.raises(SettingsError, match=f"^{name} cannot be used") as raised:
        from_environment(_LEAST | {name: value})
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_migrate_needs_the_database_alone() -> None:
    """The migrations ask for no broker."""
    assert database_url({"WARREN_DATABASE_URL": "sqlite://"}) == "sqlite://"
    with pytest.raises(SettingsError, match="WARREN_DATABASE_URL is not set"):
        database_url({})
