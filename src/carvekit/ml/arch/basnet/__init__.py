"""BASNet."""
