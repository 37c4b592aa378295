"""What `warren learn` does: run a consumer that nobody described, look at it, and write its manifest.

`addresses` knows what names a broker or a database, and `search` looks for it in files; `sample` is the message that is
sent, `trial` runs the consumer. `observed` and `changes` say what was seen, `proposal` what follows from it,
`manifest_text` writes it down, `words` says it; `learner` is the whole lesson. What concludes does no I/O.
"""
