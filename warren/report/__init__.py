"""Reports: what a run found, for a terminal, for machines and for a browser.

A `facts.Report` comes in; `redaction` takes the secrets out, `table` arranges it, `reasons` says
why a cell is empty, and `terminal`, `json_report`, `html_report`, `markdown_report`, `badge` and
`junit` write it; `drawing` is the picture of a case. `side_by_side`, `compare_page` and `upgrade`
hold two reports against each other.
No module here judges: that is `warren.claims.verdict`'s.
"""
