"""The server: remove.bg's contract, our own API and the studio, over HTTP."""
