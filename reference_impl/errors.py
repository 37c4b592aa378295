"""The root of the reference's errors.

Each kind is defined where it is raised; those of the hardened family are in `hardened.errors`.
"""


class ConsumerError(Exception):
    """A role cannot go on; the message is a sentence for a person."""
