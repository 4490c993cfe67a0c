"""The base class of learning rate schedules."""

from ckeras.saving.configured import Configured

__all__ = ["LearningRateSchedule"]


class LearningRateSchedule:
    """A learning rate that depends on the step: `schedule(step)`.

    Subclasses define `__call__` and `get_config`.
    """

    def __call__(self, step):
        """The learning rate for a step.

        Args:
            step: number of steps before this one.
        """
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override "
            "`__call__(self, step)`."
        )

    def get_config(self):
        """The arguments that make an equal schedule, as data."""
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override "
            "`get_config()` in order to be serializable."
        )

    @classmethod
    def from_config(cls, config):
        """A new schedule from what `get_config` gave."""
        return cls(**config)


class Decay(Configured, LearningRateSchedule):
    """Base of the schedules here: a constructor's arguments are its configuration."""
