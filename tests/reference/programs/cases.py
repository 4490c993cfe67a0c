"""All programs, by name."""

from tests.reference.programs import generative, optimizing, supervised

__all__ = ["CASES"]

CASES = {
    name: getattr(module, name)
    for module in (generative, supervised, optimizing)
    for name in module.__all__
}
