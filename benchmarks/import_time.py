"""Time and memory of `import ckeras`, in fresh processes.

python benchmarks/import_time.py
"""

import statistics
import subprocess
import sys

CODE = """
import resource, time
start = time.perf_counter()
import {module}
spent = time.perf_counter() - start
print(spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def measure(module, rounds=9):
    """Median seconds and megabytes of importing a module."""
    figures = []
    for _ in range(rounds):
        command = [sys.executable, "-c", CODE.format(module=module)]
        out = subprocess.run(command, capture_output=True, text=True, check=True)
        figures.append([float(word) for word in out.stdout.split()])
    return [statistics.median(column) for column in zip(*figures, strict=True)]


if __name__ == "__main__":
    for name in ("numpy", "ckeras"):
        spent, megabytes = measure(name)
        print(f"import {name:8} {spent:.3f} s {megabytes:.0f} MB")
