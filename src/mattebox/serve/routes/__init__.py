"""The addresses that the server answers at, one family a file."""
