"""Philox against published values, moments of distributions, bits that never vary."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from ckeras import kernels
from tests.kernels.harness import poisoned, run

SEED = np.array([2024, 7], "uint32")


def philox_words(block, attempt, key):
    """Ten rounds of Philox-4x32 in Python's integers."""
    mask = 0xFFFFFFFF
    c, k = [block & mask, block >> 32, attempt, 0], list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & mask, (p0 >> 32) ^ c[3] ^ k[1], p0 & mask]
        k = [(k[0] + 0x9E3779B9) & mask, (k[1] + 0xBB67AE85) & mask]
    return c


def bits(seed, n):
    out = np.zeros(n, "uint32")
    assert run("random.bits", None, [np.asarray(seed, "uint32"), out], (n,)) == 0
    return out


def test_the_reference_above_is_philox():
    # Known answers of the Random123 distribution for counter 0 and key 0.
    expected = [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    assert philox_words(0, 0, (0, 0)) == expected
    assert bits((0, 0), 64)[::16].tolist() == expected


@pytest.mark.parametrize("key", [(1, 2), (0xFFFFFFFF, 0xFFFFFFFE)])
def test_words_stand_where_the_contract_says(key):
    words = bits(key, 200)
    for block in (0, 1, 15, 16, 31, 33):
        group, lane = divmod(block, 16)
        at = 64 * group + lane + 16 * np.arange(4)
        at = at[at < 200]
        assert words[at].tolist() == philox_words(block, 0, key)[: len(at)]


def test_seed_next_counts_in_64_bits():
    state = np.array([5, 0xFFFFFFFF], "uint32")
    after, seed = np.zeros(2, "uint32"), np.zeros(2, "uint32")
    assert run("random.seed_next", None, [state, after, seed], ()) == 0
    assert seed.tolist() == [5, 0xFFFFFFFF] and after.tolist() == [6, 0]
    assert run("random.seed_next", None, [state, state, seed], ()) == 0
    assert seed.tolist() == [5, 0xFFFFFFFF] and state.tolist() == [6, 0]


def drawn(kind, dtype, n, n_threads=1, seed=SEED):
    out = poisoned((n,), dtype)
    calls = {
        "uniform": ((n,), (-1.0, 4.0, np.nextafter(np.dtype(dtype).type(3), 0))),
        "normal": ((n, 0), (2.0, 0.5)),
        "truncated": ((n, 1), (0.0, 1.0)),
    }
    dims, attrs = calls[kind]
    entry = "uniform" if kind == "uniform" else "normal"
    buffers = [seed, out]
    assert run(f"random.{entry}", dtype, buffers, dims, attrs, n_threads) == 0
    return out


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform(dtype):
    u = drawn("uniform", dtype, 500_001).astype("float64")
    assert u.min() >= -1 and u.max() < 3
    assert abs(u.mean() - 1) < 0.01 and abs(u.var() - 16 / 12) < 0.01
    counts = np.histogram(u, 50, (-1, 3))[0]
    assert np.abs(counts / len(u) - 0.02).max() < 0.001


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal(dtype):
    z = (drawn("normal", dtype, 500_001).astype("float64") - 2) / 0.5
    moments = [np.mean(z**k) for k in range(1, 7)]
    np.testing.assert_allclose(moments, [0, 1, 0, 3, 0, 15], atol=0.25)
    assert abs(moments[0]) < 0.005 and abs(moments[1] - 1) < 0.006
    for lag in (1, 16, 32, 64):
        assert abs(np.mean(z[lag:] * z[:-lag])) < 0.006
    # Share beyond 1, 2, 3 deviations.
    for bound, share in [(1, 0.31731), (2, 0.0455), (3, 0.0027)]:
        assert abs(np.mean(np.abs(z) > bound) - share) < 0.002


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_is_the_box_muller_transform(dtype):
    z = drawn("normal", dtype, 64).astype("float64") * 2 - 4
    words = bits(SEED, 64).reshape(4, 16)
    a, b = words[0].astype("float64"), words[1]
    if dtype == "float32":
        u = (np.floor(a / 2) + 1) * 2.0**-31
        turn = (b >> 30) + ((b & 0x3FFFFFFF) - 2.0**29) * 2.0**-30
    else:
        u = (np.floor((a * 2**32 + b) / 2**11) + 1) * 2.0**-53
        wide = words[2].astype(object) * 2**32 + words[3].astype(object)
        turn = np.array([(w >> 62) + ((w % 2**62) >> 9) * 2.0**-53 - 0.5 for w in wide])
    r, angle = np.sqrt(-2 * np.log(u)), turn * np.pi / 2
    tolerance = 4e-6 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(z[:16], r * np.cos(angle), atol=tolerance)
    np.testing.assert_allclose(z[16:32], r * np.sin(angle), atol=tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_truncated_normal(dtype):
    z = drawn("truncated", dtype, 300_001).astype("float64")
    assert np.abs(z).max() <= 2
    assert abs(z.mean()) < 0.01 and abs(z.var() - 0.7737) < 0.01


@pytest.mark.parametrize("item", ["int8", "int32", "int64", "uint8"])
def test_randint(item):
    out = np.zeros(70_001, item)
    buffers = [SEED, out]
    assert run("random.randint", None, buffers, (70_001, out.itemsize, 3, 7)) == 0
    assert out.min() == 3 and out.max() == 9
    assert np.abs(np.bincount(out - 3) / 70_001 - 1 / 7).max() < 0.01


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 20_001])
def test_dropout(dtype, n):
    x = np.random.default_rng(0).normal(size=n).astype(dtype)
    words = bits(SEED, n + 64)[: (n + 127) // 128 * 64].reshape(-1, 1, 64)
    halves = np.concatenate([words & 0xFFFF, words >> 16], 1).reshape(-1)[:n]
    kept = halves >= round(0.3 * 2**16)
    for n_threads in (1, 2):
        out = poisoned((n,), dtype)
        dims, attrs = (n, round(0.3 * 2**16)), (1.25,)
        run("random.dropout", dtype, [x, SEED, out], dims, attrs, n_threads)
        np.testing.assert_array_equal(out, np.where(kept, x * x.dtype.type(1.25), 0))
    run("random.dropout", dtype, [x, SEED, x], dims, attrs)
    np.testing.assert_array_equal(out, x)


def test_rate_1_drops_everything():
    x, out = np.full(10_000, np.inf, "float32"), poisoned((10_000,), "float32")
    run("random.dropout", "float32", [x, SEED, out], (10_000, 2**16), (0.0,))
    np.testing.assert_array_equal(out, 0)


def digest(n_threads=1):
    """A hash of some of everything."""
    found = hashlib.sha256()
    for kind in ("uniform", "normal", "truncated"):
        for dtype in ("float32", "float64"):
            found.update(drawn(kind, dtype, 30_011, n_threads).tobytes())
    return found.hexdigest()


def test_bits_do_not_depend_on_threads():
    assert digest(1) == digest(2) == digest(5)


def test_a_prefix_is_the_same():
    for kind in ("uniform", "normal", "truncated"):
        long, short = drawn(kind, "float32", 1000), drawn(kind, "float32", 77)
        np.testing.assert_array_equal(long[:77], short)


@pytest.mark.parametrize("level", kernels.available_levels())
def test_bits_do_not_depend_on_the_cpu_level(level):
    code = "from tests.kernels.memory.test_random import digest; print(digest())"
    environment = {**os.environ, "CKERAS_CPU_LEVEL": level}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[-1] == digest()
