"""The root of the errors. Each kind stands where it is raised; `hardened.errors` has a branch."""


class ConsumerError(Exception):
    """What a role of ours says when it cannot go on; the message is a sentence for a person."""
