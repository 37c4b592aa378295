"""Reports: what a run found, for a terminal, for machines and for a browser.

A `facts.Report` comes in; `redaction` takes the secrets out, `table` arranges it, and `terminal`,
`json_report`, `html_report` and `junit` write it. No module here judges: that is
`warren.claims.verdict`'s.
"""
