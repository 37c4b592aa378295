"""The drawing of a case: what happened, over time, a lane for each that took part in it.

In steps, each pure and usable by itself: `events` makes the facts of a drawing (`facts`) from a case's record, and
nothing else is kept of it in a report; `scale` gives every event its place in time, `lanes` gives each lane its place
and each delivery its row; `marks` makes shapes of events, `strips` breaks the whole into strips that fit a page. The
template only writes down what these say. None of them knows which world the record comes from.
"""
