"""What happens between an instance and its database server: what is held, answered, refused. Pure, for every world.

A *follower* reads the two streams of one connection and makes pieces of them; it knows which piece begins a commit and
which one tells of it. A *plan* has the faults in force on one instance's line, a *conversation* is one connection that
passes pieces on as the plan wants it. `sql` tells what a statement does to its transaction. There is no thread, socket
or clock here: whoever owns a line brings octets and the time, as beside it in `warren.worlds.line`.

`postgresql` and `mysql` follow a protocol each. SQLite has no line: its locks are the matter of
`warren.worlds.real.databases`.
"""
