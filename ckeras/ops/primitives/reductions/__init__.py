"""Primitives that go along an axis: sums, scans, softmax."""
