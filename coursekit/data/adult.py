"""Adult: what 48,842 people told the census of 1994, and whether they earned more than 50,000 dollars."""

from dataclasses import dataclass

import pandas as pd

from coursekit.data.fetch import OWN, Origin, locate

COLUMNS = ["age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation",
           "relationship", "race", "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country",
           "income"]
N_TEST = 16_281  # rows of the publisher's adult.test, which come first in the package


@dataclass(frozen=True)
class Adult:
    """One row a person in `table`: the publisher's 32,561 of adult.data, then the 16,281 of adult.test.

    Columns as the publisher names them; income is "<=50K" or ">50K", what is unknown is missing. fnlwgt says
    how many people a row stands for.
    """

    table: pd.DataFrame
    origin: Origin


def adult():
    """Adult (Becker and Kohavi, 1996): the same rows from the publisher or a package that carries them."""
    folder, origin = locate("adult")
    print(origin)
    return Adult(_published(folder) if origin.source in (OWN, "publisher") else _carried(folder), origin)


def _published(folder):
    "The publisher's two files; the second begins with a line of its own and ends each row with a point."
    reading = {"names": COLUMNS, "skipinitialspace": True, "keep_default_na": False, "na_values": ["?"]}
    first = pd.read_csv(folder / "adult.data", **reading)
    second = pd.read_csv(folder / "adult.test", skiprows=1, **reading)
    second["income"] = second["income"].str.rstrip(".")
    return pd.concat([first, second], ignore_index=True)


def _carried(folder):
    "The package's table, which has other names for two columns and the publisher's test rows first."
    table = pd.read_parquet(folder / "adult.parquet.brotli")
    table = table.rename(columns={"educational-num": "education-num", "gender": "sex"})[COLUMNS]
    table = pd.concat([table[N_TEST:], table[:N_TEST]], ignore_index=True)
    return table.replace("?", float("nan"))
