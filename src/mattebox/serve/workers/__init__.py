"""The threads that do the pictures, whose turn it is, and what can be done in time."""
