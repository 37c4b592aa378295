"""The rig of a case that judges consumers."""
