"""What happens to frames between an instance and the broker: which one is held, lost, delayed. Pure, for every world.

A *line* is one instance's way to the broker, a *lane* is one direction of one connection on it. `plan` has the faults
in force on a line, `rules` says which messages they are for, `lane` carries octets as the plan wants it, `lanes` is
one connection, and `forging` speaks on it in the broker's name. There is no thread, socket or clock here: whoever
owns a line brings octets and the time, takes octets away, and rings when something that was delayed is due. The real
relay does that with sockets (`warren.worlds.real.relay`); a virtual network does it with a clock of its own.
"""
