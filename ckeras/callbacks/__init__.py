"""Objects that act at stages of training: `ckeras.callbacks`."""

from ckeras.callbacks.backup_and_restore import BackupAndRestore
from ckeras.callbacks.callback import Callback
from ckeras.callbacks.callback_list import CallbackList
from ckeras.callbacks.csv_logger import CSVLogger
from ckeras.callbacks.early_stopping import EarlyStopping
from ckeras.callbacks.history import History
from ckeras.callbacks.lambda_callback import LambdaCallback
from ckeras.callbacks.learning_rate import LearningRateScheduler, ReduceLROnPlateau
from ckeras.callbacks.model_checkpoint import ModelCheckpoint
from ckeras.callbacks.monitor_callback import MonitorCallback as MonitorCallback
from ckeras.callbacks.progbar_logger import ProgbarLogger
from ckeras.callbacks.remote_monitor import RemoteMonitor
from ckeras.callbacks.swap_ema_weights import SwapEMAWeights
from ckeras.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SwapEMAWeights",
    "TerminateOnNaN",
]
