"""remove.bg's contract: its parameters read, and its orders fulfilled."""
