"""Compares ckeras with PyTorch and with Keras on its backends, in one sitting.

    pip install torch keras jax tensorflow  # into an environment of its own: ../peers
    python benchmarks/compare.py --peers-python ../peers/bin/python

Implementations take turns within a round, so that a slow minute hits all of them.
A ratio is ckeras's speed over the fastest peer's (for latency and memory, the best
peer's figure over ckeras's): above 1, ckeras is ahead.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

from workloads import WORKLOADS

SCRIPT = pathlib.Path(__file__).with_name("workloads.py")
MORE_IS_BETTER = {"train_sps": True, "predict_sps": True, "latency_us": False}
METRICS = {**MORE_IS_BETTER, "first_s": False, "rss_mb": False}


def run(python, peer, workload):
    """One measurement in a process of its own; None if it cannot be made."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    library, _, backend = peer.partition("-")
    if backend:
        environment["KERAS_BACKEND"] = backend
    command = [python, str(SCRIPT), workload, "--package", library]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        last = done.stderr.strip().splitlines()[-1:]
        print(f"  {peer} {workload}: {last}", file=sys.stderr)
        return None
    return json.loads(lines[-1])


def ratio(metric, ours, peers):
    """How far ckeras is ahead of the best peer."""
    if ours is None or not peers:
        return None
    return ours / max(peers) if MORE_IS_BETTER.get(metric) else min(peers) / ours


def compare(options):
    """Prints the table as Markdown."""
    names = ["ckeras", *options.peers]
    print(f"| workload | metric | {' | '.join(names)} | ratio |")
    print("| --- " * (len(names) + 3) + "|")
    for workload in options.workloads:
        results = {name: [] for name in names}
        for _ in range(options.rounds):
            for name in names:
                python = sys.executable if name == "ckeras" else options.peers_python
                figures = run(python, name, workload)
                if figures:
                    results[name].append(figures)
        for metric in METRICS:
            medians = [
                statistics.median(r[metric] for r in results[n]) if results[n] else None
                for n in names
            ]
            peers = [m for m in medians[1:] if m is not None]
            ahead = ratio(metric, medians[0], peers)
            cells = ["-" if m is None else f"{m:,.5g}" for m in medians]
            last = "-" if ahead is None else f"{ahead:.2f}"
            print(f"| {workload} | {metric} | {' | '.join(cells)} | {last} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers-python", required=True, help="a Python with them")
    peers = ["torch", "keras-jax", "keras-tensorflow"]
    parser.add_argument("--peers", nargs="*", default=peers)
    parser.add_argument("--workloads", nargs="*", default=list(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=3)
    compare(parser.parse_args())
