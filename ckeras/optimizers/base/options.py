"""The constructor arguments that all optimizers share, written once.

An optimizer's constructor names its own hyperparameters and takes the shared ones as
`**options`; `with_options` gives it Keras's full signature.
"""

import functools
import inspect

__all__ = ["SHARED", "own_names", "with_options"]

SHARED = {
    "weight_decay": None,
    "clipnorm": None,
    "clipvalue": None,
    "global_clipnorm": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
    "name": None,
}


def with_options(*after):
    """Decorator: adds the shared arguments to a constructor's signature.

    Args:
        *after: names of own arguments that stand behind the shared ones in Keras.
    """

    def decorate(init):
        signature = inspect.signature(init)
        own = [p for p in signature.parameters.values() if p.kind != p.VAR_KEYWORD]
        names = [p.name for p in own]
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        shared = [
            inspect.Parameter(name, kind, default=default)
            for name, default in SHARED.items()
            if name not in names
        ]
        rest = [p for p in signature.parameters.values() if p.kind == p.VAR_KEYWORD]
        first = [p for p in own if p.name not in after]
        last = [p for p in own if p.name in after]
        full = signature.replace(parameters=[*first, *shared, *last, *rest])

        @functools.wraps(init)
        def construct(*args, **kwargs):
            bound = full.bind(*args, **kwargs).arguments
            extra = bound.pop(rest[0].name, {}) if rest else {}
            return init(**bound, **extra)

        construct.__signature__ = full
        hyper = names[1:]
        construct.own_names = [n for n in hyper if n != "learning_rate"]
        return construct

    return decorate


def own_names(cls):
    """The hyperparameters that the built-in classes among `cls`'s bases declare."""
    names = []
    for base in reversed(cls.__mro__):
        declared = getattr(base.__dict__.get("__init__"), "own_names", ())
        names += [n for n in declared if n not in names and n not in SHARED]
    return names
