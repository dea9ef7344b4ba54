"""Models that train by epochs, watched: loss and accuracy after each, and the machine meanwhile."""

from dataclasses import dataclass, field

import numpy as np
import psutil

SMALLEST = np.finfo(float).eps
EPOCHS_BETWEEN_SAMPLES = 5


@dataclass
class Watched:
    """What an epoch-by-epoch training left behind. `machine` has one value every few epochs."""

    curves: dict[str, list[float]] = field(default_factory=dict)
    machine: dict[str, list[float]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    failure: Exception | None = None

    def add(self, into: dict[str, list[float]], **values: float) -> None:
        for key, value in values.items():
            into.setdefault(key.replace("__", "/"), []).append(value)

    @property
    def epochs(self) -> int:
        return len(self.curves.get("val_loss", []))


def by_epochs(model, train, valid, epochs: int, extra=None) -> Watched:
    """Trains `model` with one `partial_fit` an epoch; stops early only if that raises.

    `extra(model, valid)` may give more values for each epoch.
    """
    watched = Watched()
    classes = np.unique(train[1])
    network = psutil.net_io_counters()
    psutil.cpu_percent()
    for epoch in range(epochs):
        try:
            model.partial_fit(*train, classes=classes)
        except ValueError as failure:
            watched.log.append(f"epoch {epoch:4d}  {type(failure).__name__}: {failure}")
            watched.failure = failure
            break
        values = {**scores("train", model, train), **scores("val", model, valid)}
        if extra:
            values |= extra(model, valid)
        watched.add(watched.curves, **values)
        if epoch % 25 == 0 or epoch == epochs - 1:
            line = "  ".join(f"{key} {value:.4f}" for key, value in values.items())
            watched.log.append(f"epoch {epoch:4d}  {line}")
        if epoch % EPOCHS_BETWEEN_SAMPLES == 0:
            watched.add(watched.machine, **machine(network))
    return watched


def scores(prefix: str, model, data) -> dict[str, float]:
    """Log loss and accuracy, by hand: scikit-learn's checks would take longer than an epoch."""
    inputs, truth = data
    with np.errstate(all="ignore"):
        chances = model.predict_proba(inputs)
    of_truth = chances[np.arange(len(truth)), np.searchsorted(model.classes_, truth)]
    found = model.classes_[np.argmax(chances, axis=1)]
    return {
        f"{prefix}_loss": float(-np.mean(np.log(np.clip(of_truth, SMALLEST, 1)))),
        f"{prefix}_accuracy": float(np.mean(found == truth)),
    }


def machine(network_before) -> dict[str, float]:
    """The machine's load under the names that MLflow's system metrics have."""
    memory, disk, network = psutil.virtual_memory(), psutil.disk_usage("/"), psutil.net_io_counters()
    return {
        "system__cpu_utilization_percentage": psutil.cpu_percent(),
        "system__system_memory_usage_megabytes": memory.used / 1e6,
        "system__system_memory_usage_percentage": memory.percent,
        "system__disk_usage_percentage": disk.percent,
        "system__disk_available_megabytes": disk.free / 1e6,
        "system__network_receive_megabytes": (network.bytes_recv - network_before.bytes_recv) / 1e6,
        "system__network_transmit_megabytes": (network.bytes_sent - network_before.bytes_sent) / 1e6,
    }
