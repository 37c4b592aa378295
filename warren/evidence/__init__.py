"""What was seen: frames, facts, the ledger, rows. Pure: no I/O, no thread, no clock of its own."""
