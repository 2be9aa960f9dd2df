"""The configuration that the command and the server share."""
