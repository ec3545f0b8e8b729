"""Prints the table of a finished sweep, best first.

Standard input is the JSON document of `distcomp run --json sweep.tasks`. Of its list `tasks` each
entry needs `task`, `state` and, for a finished task, `result`: what train.py printed.
"""

import json
import re
import sys

OPTIONS = re.compile(r"--rate (\S+) --hidden (\S+) --seed (\S+)")
RESULT = re.compile(r"accuracy (\S+) loss (\S+)")


def groups_of(tasks):
    """For each rate and size: the accuracies of the seeds that finished, and how many failed."""
    groups = {}
    for task in tasks:
        options = OPTIONS.search(task["task"])
        if not options:
            continue
        rate, hidden, _ = options.groups()
        group = groups.setdefault((float(rate), int(hidden)), {"accuracies": [], "failed": 0})
        result = RESULT.search(task.get("result") or "")
        if task["state"] == "finished" and result:
            group["accuracies"].append(float(result.group(1)))
        elif task["state"] == "failed":
            group["failed"] += 1
    return groups


def mean(numbers):
    return sum(numbers) / len(numbers) if numbers else 0.0


def rows_of(groups):
    """Best mean accuracy first; of equals the one with fewer failures, then the smaller network."""

    def rank(entry):
        (rate, hidden), group = entry
        return -mean(group["accuracies"]), group["failed"], hidden, rate

    for (rate, hidden), group in sorted(groups.items(), key=rank):
        accuracies = group["accuracies"]
        seeds = len(accuracies) + group["failed"]
        average = f"{mean(accuracies):.1%}" if accuracies else "-"
        worst = f"{min(accuracies):.1%}" if accuracies else "-"
        remark = f"{group['failed']} of {seeds} seeds diverged" if group["failed"] else ""
        yield f"{rate:g}", str(hidden), average, worst, remark


def main():
    rows = list(rows_of(groups_of(json.load(sys.stdin)["tasks"])))
    header = ("rate", "hidden", "accuracy", "worst seed", "")
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(4)]
    for row in [header, *rows]:
        cells = [cell.rjust(width) for cell, width in zip(row, widths)]
        print("  ".join([*cells, row[4]]).rstrip())


if __name__ == "__main__":
    main()
