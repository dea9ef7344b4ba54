"""Fills an empty tracking server with the runs that the demo workspace shows.

    MLFLOW_TRACKING_URI=http://127.0.0.1:5000 python make_demo.py

Every number comes from a model that is trained here, with scikit-learn, on a data set that ships
inside it. What is made up: the people, their commits, and when each run took place. Run ids,
model ids and what psutil measured differ between two calls; everything else is seeded.
"""

import argparse
import logging
import os
import time
import warnings

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
# The matrices are small: more threads only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams["svg.hashsalt"] = "countersign"

import cancer
import diabetes
import digits
import iris
import wine
from recording import Workspace

EXPERIMENTS = [wine, cancer, diabetes, digits, iris]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument(
        "--now",
        type=int,
        default=int(time.time() * 1000),
        metavar="MS",
        help="the time that the latest runs lead up to, in ms since the epoch (default: the clock)",
    )
    workspace = Workspace(now_ms=arguments.parse_args().now)
    warnings.filterwarnings("ignore")
    # It warns of pickle with each model. These are made and loaded by the same demo.
    logging.getLogger("mlflow.sklearn").setLevel(logging.ERROR)
    for experiment in EXPERIMENTS:
        began, before = time.monotonic(), workspace.runs
        experiment.record(workspace)
        took = time.monotonic() - began
        print(f"{experiment.NAME}: {workspace.runs - before} runs in {took:.1f} s", flush=True)
    print(f"{workspace.runs} runs in {len(EXPERIMENTS)} experiments")


if __name__ == "__main__":
    main()
