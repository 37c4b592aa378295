"""The pytest plugin: options, selection, hooks and fixtures, the summary of a run."""
