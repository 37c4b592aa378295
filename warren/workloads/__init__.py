"""What one unit of work is, where it is published, which effects it owes."""
