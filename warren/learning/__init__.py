"""What `warren learn` does: run a consumer that nobody described, look at it, and write its manifest.

`addresses` knows what names a broker or a database; `search` looks for it in files, and `containers` in a Compose file.
`telling` is what the program is told; `sample` is the message that is sent, of which `asyncapi` may know. `trial` runs
the consumer and `rehearsal` runs it again in two other ways; both look at it with `looking`. `observed` and `changes`
say what was seen, `clean_run` what messages left in a run; `columns`, `row_effects` and `proposal` what follows from
it. `manifest_text` writes it down, `words` says it; `learner` is the whole lesson. What concludes does no I/O.
"""
