"""FBA Matting."""
