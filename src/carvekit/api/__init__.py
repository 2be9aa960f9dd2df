"""The interfaces: a list of pictures in, a list of cut-outs out."""
