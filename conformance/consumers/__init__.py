"""Document 1, one file a theme: what its consumers guarantee."""
