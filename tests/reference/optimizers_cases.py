"""Optimizers and gradients that are compared with Keras; used by both sides."""

import numpy as np

SHAPES = ((3, 4), (4,), (2, 3, 5))
STEPS = 5


def start():
    """First values of the model's variables."""
    rng = np.random.default_rng(21)
    return [rng.standard_normal(s).astype("float32") for s in SHAPES]


def gradients(step):
    """Gradients of one step; large and small ones, with zeros."""
    rng = np.random.default_rng(100 + step)
    made = [rng.standard_normal(s).astype("float32") for s in SHAPES]
    made[0] *= 3.0
    made[1][step % 4] = 0.0
    made[2] *= 0.01
    return made


_DECAY = ("ExponentialDecay", (0.1, 2, 0.5), {"staircase": True})
# (class, arguments); a tuple as learning rate stands for a schedule.
CASES = {
    "sgd": ("SGD", {"learning_rate": 0.05}),
    "sgd_momentum": ("SGD", {"learning_rate": 0.05, "momentum": 0.8}),
    "sgd_nesterov": (
        "SGD",
        {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True},
    ),
    "sgd_decay_clipnorm": (
        "SGD",
        {"weight_decay": 0.02, "clipnorm": 0.5, "learning_rate": 0.1},
    ),
    "sgd_clipvalue": ("SGD", {"clipvalue": 0.3, "momentum": 0.5}),
    "sgd_global_clipnorm": ("SGD", {"global_clipnorm": 0.7, "learning_rate": 0.1}),
    "sgd_ema": (
        "SGD",
        {
            "use_ema": True,
            "ema_momentum": 0.6,
            "ema_overwrite_frequency": 2,
            "learning_rate": 0.1,
        },
    ),
    "sgd_accumulate": (
        "SGD",
        {"gradient_accumulation_steps": 2, "momentum": 0.9, "learning_rate": 0.1},
    ),
    "sgd_scaled": ("SGD", {"loss_scale_factor": 8.0, "learning_rate": 0.1}),
    "sgd_schedule": ("SGD", {"learning_rate": _DECAY}),
    "adam": ("Adam", {}),
    "adam_odd": (
        "Adam",
        {"learning_rate": 0.03, "beta_1": 0.7, "beta_2": 0.95, "epsilon": 1e-3},
    ),
    "adam_amsgrad": ("Adam", {"amsgrad": True, "learning_rate": 0.03}),
    "adam_schedule": ("Adam", {"learning_rate": _DECAY, "weight_decay": 0.1}),
    "adam_accumulate": (
        "Adam",
        {"gradient_accumulation_steps": 3, "learning_rate": 0.03},
    ),
    "adam_ema_clip": (
        "Adam",
        {"use_ema": True, "global_clipnorm": 0.5, "learning_rate": 0.03},
    ),
    "adamw": ("AdamW", {"learning_rate": 0.03, "weight_decay": 0.2}),
    "rmsprop": ("RMSprop", {"learning_rate": 0.02}),
    "rmsprop_momentum": (
        "RMSprop",
        {"learning_rate": 0.02, "momentum": 0.7, "rho": 0.8},
    ),
    "rmsprop_centered": (
        "RMSprop",
        {"learning_rate": 0.02, "centered": True, "epsilon": 1e-2},
    ),
    "adagrad": (
        "Adagrad",
        {"learning_rate": 0.2, "initial_accumulator_value": 0.3, "epsilon": 1e-3},
    ),
    "adadelta": ("Adadelta", {"learning_rate": 1.0, "rho": 0.8}),
    "adamax": ("Adamax", {"learning_rate": 0.05, "beta_1": 0.8}),
    "nadam": ("Nadam", {"learning_rate": 0.05, "beta_2": 0.98}),
    "ftrl": (
        "Ftrl",
        {
            "learning_rate": 0.2,
            "l1_regularization_strength": 0.05,
            "l2_regularization_strength": 0.1,
            "l2_shrinkage_regularization_strength": 0.02,
            "beta": 0.1,
        },
    ),
    "lion": ("Lion", {"learning_rate": 0.01, "weight_decay": 0.1}),
    "lamb": ("Lamb", {"learning_rate": 0.02}),
    "muon": ("Muon", {"learning_rate": 0.02, "exclude_layers": ["w3"]}),
    "muon_odd": (
        "Muon",
        {"nesterov": False, "rms_rate": None, "adam_lr_ratio": 0.5, "ns_steps": 3},
    ),
    "schedule_free": (
        "ScheduleFreeAdamW",
        {"learning_rate": 0.05, "warmup_steps": 3, "weight_decay": 0.01},
    ),
    "adafactor": ("Adafactor", {"learning_rate": 0.5}),
    "adafactor_odd": (
        "Adafactor",
        {"learning_rate": 0.1, "relative_step": False, "clip_threshold": 0.5},
    ),
}

# (class, positional arguments, keyword arguments)
SCHEDULES = {
    "exponential": ("ExponentialDecay", (0.1, 7, 0.5), {}),
    "staircase": ("ExponentialDecay", (0.1, 7, 0.5), {"staircase": True}),
    "inverse": ("InverseTimeDecay", (0.1, 7, 0.5), {}),
    "inverse_stairs": ("InverseTimeDecay", (0.1, 7, 0.5), {"staircase": True}),
    "polynomial": ("PolynomialDecay", (0.1, 9), {"power": 2.0}),
    "polynomial_cycle": ("PolynomialDecay", (0.1, 9, 0.01), {"cycle": True}),
    "piecewise": ("PiecewiseConstantDecay", ([3, 8], [1.0, 0.5, 0.1]), {}),
    "cosine": ("CosineDecay", (0.1, 12), {"alpha": 0.1}),
    "cosine_warm": (
        "CosineDecay",
        (0.0, 12),
        {"warmup_target": 0.3, "warmup_steps": 5},
    ),
    "restarts": ("CosineDecayRestarts", (0.1, 4), {}),
    "restarts_odd": (
        "CosineDecayRestarts",
        (0.1, 4),
        {"t_mul": 1.0, "m_mul": 0.8, "alpha": 0.05},
    ),
}
SCHEDULE_STEPS = range(0, 31)


def options(case, schedules):
    """A case's arguments, with its schedule made by the given module."""
    made = dict(case[1])
    rate = made.get("learning_rate")
    if isinstance(rate, tuple):
        made["learning_rate"] = getattr(schedules, rate[0])(*rate[1], **rate[2])
    return made
