"""Image files: read, written, and as datasets."""
