"""All programs and all cases of facts, by name."""

from tests.reference.programs import (
    calling,
    generative,
    mechanics,
    optimizing,
    steps,
    structure,
    supervised,
)

__all__ = ["FACTS", "PROGRAMS"]

PROGRAMS = {
    name: getattr(module, name)
    for module in (generative, supervised, optimizing, steps)
    for name in module.__all__
}
FACTS = {**mechanics.CASES, **calling.CASES, **structure.CASES}
