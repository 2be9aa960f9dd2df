"""Our own API: everything that the library can do, by the names it has in Python."""
