"""Process-wide settings."""

import pytest

from ckeras import config


@pytest.fixture(autouse=True)
def restored():
    saved = config.floatx(), config.epsilon(), config.image_data_format()
    yield
    config.set_floatx(saved[0])
    config.set_epsilon(saved[1])
    config.set_image_data_format(saved[2])
    config.set_num_threads(None)


def test_floatx():
    assert config.floatx() == "float32"
    config.set_floatx("float64")
    assert config.floatx() == "float64"
    with pytest.raises(ValueError, match="Unknown `floatx` value: float8"):
        config.set_floatx("float8")
    with pytest.raises(ValueError, match="Unknown `floatx` value: int32"):
        config.set_floatx("int32")


def test_epsilon_and_layout():
    assert config.epsilon() == 1e-7
    config.set_epsilon(1e-5)
    assert config.epsilon() == 1e-5
    config.set_image_data_format("channels_first")
    assert config.image_data_format() == "channels_first"
    with pytest.raises(ValueError, match="channels_middle"):
        config.set_image_data_format("channels_middle")


def test_threads():
    config.set_num_threads(3)
    assert config.get_num_threads() == 3
    for wrong in (0, -1, 1.5, True, "2"):
        with pytest.raises(ValueError, match="positive integer"):
            config.set_num_threads(wrong)
    config.set_num_threads(None)
    assert config.get_num_threads() >= 1


def test_limits_of_epochs():
    assert config.max_epochs() is None
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(5)
    assert (config.max_epochs(), config.max_steps_per_epoch()) == (2, 5)
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)


@pytest.mark.parametrize("policy", [None, 12345])
def test_what_is_no_policy(policy):
    with pytest.raises(ValueError, match="Invalid `policy` argument"):
        config.set_dtype_policy(policy)
