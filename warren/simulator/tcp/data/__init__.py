"""What outlives a broker's process, in one private SQLite file: `file` opens it, `keeper` writes, `restoring` reads.

What is confirmed is in that file: a turn says nothing before what it changed is written. So a broker
that is killed has lost nothing that it had confirmed. A power cut may take the last moments.
"""
