"""The file formats of models and weights."""
