"""`python -m bench [NAME ...]`: the measurements named, or all, one after the other."""

import argparse

from bench import collab, distributed, learner, memory, precision, tabular, text

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    measurements = {"learner": learner.main, "collab": collab.main, "tabular": tabular.main, "text": text.main,
                    "memory": memory.main, "precision": precision.main, "distributed": distributed.main}
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(measurements)}; all if left out")
    names = parser.parse_args().names or list(measurements)
    if unknown := set(names) - set(measurements):
        parser.error(f"expected {' or '.join(measurements)}, found {', '.join(unknown)}")
    for name in names:
        measurements[name]()
