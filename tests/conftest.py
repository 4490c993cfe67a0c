"""Failing tests show every frame, those of the library too."""

from ckeras.utils.traceback_utils import disable_traceback_filtering

disable_traceback_filtering()
