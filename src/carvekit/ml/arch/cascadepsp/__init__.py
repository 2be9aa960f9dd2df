"""CascadePSP."""
