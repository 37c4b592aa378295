"""What a broker does, by document 2: one file for one or more themes. Where it is wrong, the catalogue says so."""
