"""What a case holds: one rig for consumers, one for brokers."""
