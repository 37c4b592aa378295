"""The six designs of the course: two ways to describe one unit of work, as a package of texts and as a task.

Source: document 1, every chapter; the names on the wire are those of `docs/contract.md`, "Messages". What a design does
with a message is the implementation's; what must be left of it in the database is said here.
"""
