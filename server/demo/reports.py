"""Figures and documents about a fitted model, for the artifact viewer to show."""

import html

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import classification_report, confusion_matrix, roc_curve

STYLE = "body{font:14px system-ui;margin:2em;max-width:50em}td,th{padding:.2em .8em;text-align:right}"


def confusion(truth, found, names) -> dict:
    return {
        "labels": [str(name) for name in names],
        "rows": "truth",
        "columns": "prediction",
        "matrix": confusion_matrix(truth, found).tolist(),
    }


def confusion_figure(truth, found, names):
    matrix = confusion_matrix(truth, found)
    figure, axes = plt.subplots(figsize=(0.6 * len(names) + 2.2, 0.6 * len(names) + 1.6))
    axes.imshow(matrix, cmap="Blues")
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="prediction", ylabel="truth")
    for row, column in np.ndindex(matrix.shape):
        shade = "white" if matrix[row, column] > matrix.max() / 2 else "black"
        axes.text(column, row, matrix[row, column], ha="center", va="center", color=shade)
    return figure


def roc(truth, score) -> dict:
    false_positive, true_positive, threshold = roc_curve(truth, score)
    return {
        "false_positive_rate": false_positive.round(6).tolist(),
        "true_positive_rate": true_positive.round(6).tolist(),
        # The first threshold is infinite by convention, which JSON can't say.
        "threshold": [None, *threshold[1:].round(6).tolist()],
    }


def roc_figure(truth, score, area: float):
    figure, axes = plt.subplots(figsize=(4.2, 4))
    false_positive, true_positive, _ = roc_curve(truth, score)
    axes.plot(false_positive, true_positive, label=f"area {area:.4f}")
    axes.plot([0, 1], [0, 1], linestyle=":", color="gray")
    axes.set(xlabel="false positive rate", ylabel="true positive rate", aspect="equal")
    axes.legend()
    return figure


def bars(names, values, label: str):
    """Horizontal bars, largest on top."""
    order = np.argsort(np.abs(values))
    figure, axes = plt.subplots(figsize=(5, 0.25 * len(names) + 1))
    axes.barh(np.asarray(names)[order], np.asarray(values)[order])
    axes.set_xlabel(label)
    return figure


def curves_figure(curves: dict[str, list[float]], key: str):
    figure, axes = plt.subplots(figsize=(5, 3))
    for name, values in curves.items():
        if name.endswith(key):
            axes.plot(values, label=name)
    axes.set(xlabel="epoch", ylabel=key)
    axes.legend()
    return figure


def residuals_figure(truth, found, unit: str):
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.4))
    left.scatter(truth, found, s=10)
    left.axline((truth.mean(), truth.mean()), slope=1, color="gray", linestyle=":")
    left.set(xlabel=f"truth, {unit}", ylabel=f"prediction, {unit}")
    right.hist(found - truth, bins=25)
    right.set(xlabel=f"prediction - truth, {unit}", ylabel="patients")
    figure.tight_layout()
    return figure


def classification_markdown(title: str, truth, found, names, remarks: str) -> str:
    rows = classification_report(truth, found, target_names=names, output_dict=True, zero_division=0)
    lines = [f"# {title}", "", remarks, "", "## By class", ""]
    lines += ["| class | precision | recall | F1 | cases |", "| --- | ---: | ---: | ---: | ---: |"]
    for name in names:
        row = rows[str(name)]
        lines.append(
            f"| {name} | {row['precision']:.3f} | {row['recall']:.3f} "
            f"| {row['f1-score']:.3f} | {row['support']:.0f} |"
        )
    lines += ["", f"Accuracy: **{rows['accuracy']:.4f}**", ""]
    return "\n".join(lines)


def html_page(title: str, remarks: str, figures: list[str], frame) -> str:
    """One page without outside references: text, SVG figures, and a table."""
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title>"
        f"<style>{STYLE}</style><h1>{html.escape(title)}</h1><p>{html.escape(remarks)}</p>"
        + "".join(figures)
        + frame.to_html(index=False, border=0, float_format="{:.4f}".format)
        + "</html>"
    )


def svg(figure) -> str:
    """The figure as inline SVG; closes it."""
    import io

    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    return buffer.getvalue().split("?>", 1)[1].split(">", 1)[1]
