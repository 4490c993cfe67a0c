"""What stands behind `fit`, `evaluate` and `predict`: data, steps, compilation."""
