"""Document 2, one file a theme: what a broker does. Its statements that are wrong are put right in the catalogue."""
