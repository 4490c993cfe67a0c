"""All variables of a model by their paths: nested dictionaries of values, and back."""

__all__ = ["get_state_tree", "set_state_tree", "variables_by_path"]

_KINDS = (
    "trainable_variables",
    "non_trainable_variables",
    "optimizer_variables",
    "metrics_variables",
)


def _variables(model, kind):
    if kind == "optimizer_variables":
        return [] if model.optimizer is None else model.optimizer.variables
    return getattr(model, kind)


def variables_by_path(variables):
    """Dict from path to variable.

    Raises:
        ValueError: if two variables have the same path.
    """
    found = {}
    for variable in variables:
        if found.setdefault(variable.path, variable) is not variable:
            raise ValueError(
                "The following variable path is found twice in the model: "
                f"'{variable.path}'. Give layers, and other objects with variables, "
                "unique names."
            )
    return found


def get_state_tree(model, value_format="backend_tensor"):
    """The values of a model's variables; `Model.get_state_tree` describes them."""
    if value_format not in ("backend_tensor", "numpy_array"):
        raise ValueError(
            "Invalid `value_format` argument. Expected one of "
            "{'numpy_array', 'backend_tensor'}. "
            f"Received: value_format={value_format}"
        )
    state = {}
    for kind in _KINDS:
        nested = state.setdefault(kind, {})
        for path, variable in variables_by_path(_variables(model, kind)).items():
            *parents, name = path.split("/")
            place = nested
            for parent in parents:
                place = place.setdefault(parent, {})
            as_array = value_format == "numpy_array"
            place[name] = variable.numpy() if as_array else variable.value
    return state


def set_state_tree(model, state_tree):
    """Assigns values to a model's variables; `Model.set_state_tree` describes it."""
    for kind in state_tree:
        if kind not in _KINDS:
            raise ValueError(
                f"Unknown variable name: {kind}. Expected one of {list(_KINDS)}"
            )
    for kind, nested in state_tree.items():
        values = dict(_leaves(nested, ""))
        for variable in _variables(model, kind):
            if variable.path in values:
                variable.assign(values[variable.path])


def _leaves(nested, prefix):
    for name, value in nested.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}", value
