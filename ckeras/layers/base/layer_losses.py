"""The penalties that layers add to a model's loss."""

from ckeras.engine import tree
from ckeras.engine.scope import get_stateless_scope, in_symbolic_scope
from ckeras.engine.tracing.graph import Symbol
from ckeras.engine.tracing.trace import current
from ckeras.engine.values.convert import is_tensor

__all__ = ["LayerLosses"]


class LayerLosses:
    """`add_loss` and `losses` of layers."""

    def add_loss(self, loss):
        """Adds a scalar to the losses; to be called in `call`.

        Args:
            loss: a scalar tensor, or nested ones.

        Raises:
            ValueError: if one is no tensor.
        """
        losses = tree.flatten(loss)
        for x in losses:
            if not is_tensor(x):
                raise ValueError(
                    "`add_loss()` can only be called from inside `build()` or "
                    f"`call()`, on a tensor input. Received invalid value: {x}"
                )
        if in_symbolic_scope():  # only shapes are wanted
            return
        trace = current()
        if trace is not None and trace.later is not None:
            trace.later.append((self.add_loss, losses))
            return
        inner = get_stateless_scope()
        if inner is None:
            self._losses.extend(losses)
        elif inner.collect_losses:
            for x in losses:
                inner.add_loss(x)
                self._loss_ids.add(id(x))

    def _own_losses(self):
        inner = get_stateless_scope()
        if inner is not None:
            return [x for x in inner.losses if id(x) in self._loss_ids]
        return [x for x in self._losses if not _is_stale(x)]

    def _get_regularization_losses(self):
        weights = self.trainable_weights
        return [v.regularizer(v) for v in weights if v.regularizer is not None]

    @property
    def losses(self):
        """Losses of the last call and of the regularizers, with inner layers'.

        Raises:
            RuntimeError: if a layer added one in a loop or a branch that is compiled.
        """
        losses = self._own_losses()
        for layer in self._flatten_layers(include_self=False):
            losses.extend(layer._own_losses())
        losses.extend(self._get_regularization_losses())
        return losses

    def _clear_losses(self):
        inner = get_stateless_scope()
        if inner is not None and inner.collect_losses:
            inner.losses[:] = [x for x in inner.losses if id(x) not in self._loss_ids]
        self._losses.clear()
        self._loss_ids.clear()
        for layer in self._layers:
            layer._clear_losses()

    def _add_activity_loss(self, outputs):
        """The activity regularizer's penalty, as a mean over the batch."""
        if self.activity_regularizer is None:
            return
        for x in tree.flatten(outputs):
            if is_tensor(x):
                loss = self.activity_regularizer(x)
                if x.ndim > 0 and x.shape[0]:
                    loss = loss / x.shape[0]
                self.add_loss(loss)


def _is_stale(loss):
    """Whether a loss was traced, in a trace that has ended."""
    if not isinstance(loss, Symbol):
        return False
    graph = loss._graph()
    if graph is None or not graph.closed:
        return graph is None
    while graph is not None and graph.closed:
        graph = graph.outer
    if graph is not None:
        raise RuntimeError(
            "A layer called `add_loss` (or has an activity regularizer) inside a "
            "loop or a branch that is being compiled, which its value cannot leave "
            "that way. Return the value and add it outside; in an `RNN` layer, set "
            "`unroll=True`."
        )
    return True
