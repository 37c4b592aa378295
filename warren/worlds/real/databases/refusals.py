"""The triggers by which a database refuses one row, as one with a constraint of its own would. Pure."""

from __future__ import annotations

from warren.worlds.real.databases.schema import MESSAGE_LOG

_NAME = "warren_refusal"
_WORDS = "this row is refused"


def refusals(backend: str, table: str, what: str) -> tuple[str, ...]:
    """Give the statements that make the trigger, one for each row that is refused.

    They refuse new rows of message_log that have the text `what` in their message, or changes of the row of task with
    the id `what`; `what` is of letters and digits. A driver takes the refusal for a violated constraint.
    """
    if not what.isalnum():
        raise ValueError(f"{what!r} is not of letters and digits")
    is_log = table == MESSAGE_LOG.name
    event = f"BEFORE {'INSERT' if is_log else 'UPDATE'} ON {table}"
    name = f"{_NAME}_{table}_{what}"
    match backend:
        case "sqlite":
            when = f"instr(NEW.message, '{what}') > 0" if is_log else f"NEW.id = {what}"
            body = f"BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
            return (f"CREATE TRIGGER {name} {event} WHEN {when} {body}",)
        case "postgresql":
            when = f"position('{what}' in NEW.message) > 0" if is_log else f"NEW.id = {what}"
            function = (
                f"CREATE OR REPLACE FUNCTION {_NAME}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" RAISE EXCEPTION '{_WORDS}' USING ERRCODE = 'check_violation'; END $$"
            )
            act = f"FOR EACH ROW WHEN ({when}) EXECUTE PROCEDURE {_NAME}()"
            return function, f"CREATE TRIGGER {name} {event} {act}"
        case _:
            when = f"LOCATE('{what}', NEW.message) > 0" if is_log else f"NEW.id = {what}"
            # 1452 is what a violated foreign key has; every driver knows it for a constraint.
            act = f"SIGNAL SQLSTATE '23000' SET MYSQL_ERRNO = 1452, MESSAGE_TEXT = '{_WORDS}'"
            return (f"CREATE TRIGGER {name} {event} FOR EACH ROW IF {when} THEN {act}; END IF",)
