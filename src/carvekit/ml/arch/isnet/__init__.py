"""ISNet."""
