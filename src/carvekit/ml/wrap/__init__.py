"""One class per network: lists of pictures in, lists of masks or of findings out."""
