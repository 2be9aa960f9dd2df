"""What comes in: connections, bodies, files and addresses, each within its limits."""
