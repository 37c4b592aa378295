"""The line between an instance and the broker: which frame is held, lost, delayed. Pure: no thread, no socket."""
