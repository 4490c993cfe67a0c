"""Every example runs as a user runs it, and reaches the quality that it promises."""

import os
import pathlib
import re
import subprocess
import sys

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"


def run(name, folder):
    """What an example prints; it must print nothing to stderr."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name)],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=300,
        check=False,
        env={**os.environ, "MPLBACKEND": "Agg"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def number_after(text, label):
    return float(re.search(rf"{label}\s+([\d.]+)", text).group(1))


def test_digits_lstm(tmp_path):
    out = run("digits_lstm.py", tmp_path)
    assert number_after(out, "test accuracy") > 0.95
    assert (tmp_path / "digits_lstm.png").stat().st_size > 5000


def test_digits_mlp(tmp_path):
    out = run("digits_mlp.py", tmp_path)
    assert number_after(out, "test accuracy") > 0.95
    assert "predicts the same: True" in out


def test_digits_cnn(tmp_path):
    out = run("digits_cnn.py", tmp_path)
    assert number_after(out, "test accuracy") > 0.985


def test_digits_vae(tmp_path):
    out = run("digits_vae.py", tmp_path)
    by_vae = number_after(out, "latent numbers")
    assert by_vae < 0.8 * number_after(out, "principal components")
    assert "@@" in out  # the images


def test_digits_wgan_gp(tmp_path):
    out = run("digits_wgan_gp.py", tmp_path)
    by_chance = number_after(out, "about shuffled pixels")
    assert number_after(out, "about drawn digits") > by_chance + 0.08
    assert number_after(out, "different digits drawn") >= 8


def test_digits_distillation(tmp_path):
    out = run("digits_distillation.py", tmp_path)
    taught = number_after(out, "student of the teacher accuracy")
    assert taught > 0.95
    assert taught > number_after(out, "few labels accuracy") + 0.03
    assert number_after(out, "teacher accuracy") > 0.97


def test_digits_resnet(tmp_path):
    out = run("digits_resnet.py", tmp_path)
    accuracy = number_after(out, "accuracy with shortcuts")
    assert accuracy > 0.97
    assert accuracy > number_after(out, "accuracy without shortcuts")


def test_digits_rcnn(tmp_path):
    out = run("digits_rcnn.py", tmp_path)
    assert number_after(out, "test accuracy") > 0.92
    assert number_after(out, "accuracy of always 9") < 0.5


def test_digits_autoencoder(tmp_path):
    out = run("digits_autoencoder.py", tmp_path)
    error = number_after(out, ", autoencoder:")
    assert error < number_after(out, ", principal components:")
    assert error < 0.5 * number_after(out, ", noisy:")


def test_digits_filters(tmp_path):
    out = run("digits_filters.py", tmp_path)
    assert number_after(out, "test accuracy") > 0.95
    assert number_after(out, "channels that answer more than to noise") > 0.9
    assert (tmp_path / "digits_filters.png").stat().st_size > 5000


def test_sunspots_forecast(tmp_path):
    out = run("sunspots_forecast.py", tmp_path)
    lstm = number_after(out, "LSTM:")
    assert lstm < number_after(out, "unchanged:")
    assert lstm < number_after(out, "earlier:")


def test_co2_forecast(tmp_path):
    out = run("co2_forecast.py", tmp_path)
    gru = number_after(out, "GRU:")
    assert gru < 0.5 * number_after(out, "year before:")
    assert gru < 0.5 * number_after(out, "unchanged:")


def test_text_generation(tmp_path):
    out = run("text_generation.py", tmp_path)
    bits = number_after(out, "GRU:")
    assert bits < 3.2
    assert bits < number_after(out, "of characters:") - 1.0
    assert "step by step the same: True" in out


def test_tiny_gpt(tmp_path):
    out = run("tiny_gpt.py", tmp_path)
    bits = number_after(out, "GPT:")
    assert bits < 2.4
    assert bits < number_after(out, "of characters:") - 2.0
    assert re.search("step by step the same: +True", out)
    assert "later characters change nothing: True" in out


def test_addition(tmp_path):
    out = run("addition.py", tmp_path)
    assert number_after(out, "validation accuracy") > 0.99


def test_every_example_is_tested():
    here = pathlib.Path(__file__).read_text()
    for path in EXAMPLES.glob("*.py"):
        assert f'"{path.name}"' in here
