"""What must hold and who says so: the catalogue, manifests, verdicts."""
