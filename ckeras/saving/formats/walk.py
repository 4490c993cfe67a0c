"""The saveable parts of a model, each with its place in Keras's weights files.

A place is the path of attribute names that leads to a part. Parts in lists, tuples
and dicts are named by their class, numbered where it occurs again: names of layers
are not used, since they may differ from one run to the next.
"""

from ckeras.engine.naming import to_snake_case

__all__ = ["other_places", "walk"]


def is_saveable(value):
    """Whether `value` is an object with variables of its own to save."""
    return hasattr(value, "save_own_variables") and not isinstance(value, type)


def walk(model, skipped=()):
    """Pairs of place and part: the model itself at "", then all that it holds.

    Args:
        model: the model.
        skipped: parts to leave out, with what they hold.
    """
    yield from _walk(model, "", {id(part) for part in skipped}, None)


def other_places(model):
    """Places by which parts can be reached besides the one that `walk` gives.

    Returns:
        Dict from the part's id to a list of places.
    """
    places = {}
    for _ in _walk(model, "", set(), places):
        pass
    return places


def _walk(part, path, visited, again):
    if id(part) in visited:
        if again is not None:
            again.setdefault(id(part), []).append(path)
        return
    visited.add(id(part))
    yield path, part
    for name, child in _children(part):
        place = f"{path}/{name}" if path else name
        if is_saveable(child):
            yield from _walk(child, place, visited, again)
        elif isinstance(child, (list, tuple, dict)):
            yield from _walk_container(child, place, visited, again, set())


def _walk_container(container, path, visited, again, containers):
    if id(container) in containers:
        return
    containers.add(id(container))
    used = {}
    items = container.values() if isinstance(container, dict) else container
    for item in list(items):
        if is_saveable(item):
            name = _number(to_snake_case(type(item).__name__), used)
            yield from _walk(item, f"{path}/{name}", visited, again)
        elif isinstance(item, (list, tuple, dict)):
            name = _number("container", used)
            place = f"{path}/{name}"
            yield from _walk_container(item, place, visited, again, containers)


def _number(name, used):
    count = used[name] = used.get(name, -1) + 1
    return f"{name}_{count}" if count else name


def _children(part):
    """Attributes by name, private ones last; a model's layers come first."""
    if getattr(part, "_obj_type", lambda: None)() in ("Sequential", "Functional"):
        yield "layers", part.layers
    skipped = _base_names(part)
    for name in sorted(dir(part), key=lambda n: (n.startswith("_"), n)):
        if name.startswith("__") or name in skipped:
            continue
        try:
            child = getattr(part, name)
        except Exception:  # a property that is not ready: nothing to save in it
            continue
        yield name, child


_PRIVATE = {"_functional", "_operations", "operations"}


def _base_names(part):
    """What every object of the kind has, so that it holds no parts of its own."""
    names = set(_PRIVATE)
    for cls in type(part).__mro__:
        module = cls.__module__
        ours = module.startswith("ckeras.training") or module in _BASES
        if ours:
            names.update(vars(cls))
            names.update(_INSTANCE_NAMES)
    names.discard("optimizer")
    return names


_BASES = {
    "ckeras.engine.symbolic.operation",
    "ckeras.layers.base.layer",
    "ckeras.layers.base.layer_building",
    "ckeras.layers.base.layer_losses",
    "ckeras.layers.base.layer_masks",
    "ckeras.layers.base.layer_state",
    "ckeras.models.model",
    "ckeras.optimizers.base.optimizer",
    "ckeras.optimizers.base.state",
}
# Set on instances by the bases, not by classes that derive from them.
_INSTANCE_NAMES = {
    "_inbound_nodes",
    "_layers",
    "_losses",
    "_metrics",
    "_non_trainable_variables",
    "_outbound_nodes",
    "_seed_generators",
    "_trainable_variables",
    "_tracker",
    "history",
    "train_function",
    "test_function",
    "predict_function",
}
