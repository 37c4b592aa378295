"""The document's other way: a work queue in a database table.

`TableQueue` is the queue; `python -m reference_impl.table_queue QUEUE` is one user of it, which is told
what to do a line at a time. What a table shares with a broker, and what it lacks, is judged elsewhere.
"""

from reference_impl.table_queue.queue import LostError, TableQueue, Taken

__all__ = ["LostError", "TableQueue", "Taken"]
