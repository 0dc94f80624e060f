"""MovieLens: who gave which film how many stars, collected by GroupLens (Harper and Konstan, 2015)."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from coursekit.data.fetch import OWN, Origin, locate
from coursekit.files import building, to_read

PUBLISHED = ("u.data", "u.item", "u.user", "u.genre")  # of the publisher's files, those that are read here
GENRES = ["unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
          "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"]


@dataclass(frozen=True)
class MovieLens:
    """Ratings, films and users as data frames, in the publisher's order of rows.

    `ratings`: user, movie, rating, timestamp (seconds since 1970). `movies`: movie, title, one column of 0 and 1
    for each of `genres`; MovieLens 100k also has release_date and url. `users`: user, age, gender, occupation,
    zip_code; None where nothing is known of them. `folder` holds the publisher's files.
    """

    ratings: pd.DataFrame
    movies: pd.DataFrame
    users: pd.DataFrame | None
    genres: list
    folder: Path
    origin: Origin


def movielens_100k():
    """MovieLens 100k: 100,000 ratings from 1 to 5 by 943 users of 1,682 films, from September 1997 to April 1998."""
    folder, origin = locate("movielens_100k")
    print(origin)
    return _read_100k(as_published(folder, origin.source), origin)


def movielens_small():
    """MovieLens small: about 100,000 ratings from 0.5 to 5; the lectures' release has 671 users and 9,066 films.

    Where it was not fetched, MovieLens 100k takes its place, and `origin` says so.
    """
    folder, origin = locate("movielens_small")
    print(origin)
    if origin.source in ("package", "generated"):
        return _read_100k(as_published(folder, origin.source), origin)
    return _read_small(folder if origin.source == OWN else folder / "ml-latest-small", origin)


def as_published(folder, source):
    """The folder with the files of MovieLens 100k as published; if need be, they are written first.

    `folder` holds what `source` gives: the publisher's files, a package's tables, or nothing (then 10,000 ratings
    are made up).
    """
    if source == OWN:
        return folder
    if source == "publisher":
        return folder / "ml-100k"
    published = to_read(folder / "ml-100k")
    if not all((published / name).is_file() for name in PUBLISHED):
        tables = _carried(folder) if source == "package" else _made_up()
        with building(published) as new:
            _write_100k(*tables, new)
    return published


def _read_100k(folder, origin):
    "MovieLens 100k from the publisher's files: tabs or bars between columns, no header, latin-1."
    ratings = pd.read_csv(folder / "u.data", sep="\t", names=["user", "movie", "rating", "timestamp"])
    bars = {"sep": "|", "encoding": "latin-1", "quoting": csv.QUOTE_NONE, "keep_default_na": False, "na_values": [""]}
    genres = pd.read_csv(folder / "u.genre", names=["genre", "column"], **bars)["genre"].tolist()
    movies = pd.read_csv(folder / "u.item", names=["movie", "title", "release_date", "video", "url", *genres], **bars)
    movies["release_date"] = pd.to_datetime(movies["release_date"], format="%d-%b-%Y")
    users = pd.read_csv(folder / "u.user", names=["user", "age", "gender", "occupation", "zip_code"],
                        dtype={"zip_code": str}, **bars)
    return MovieLens(ratings, movies.drop(columns="video"), users, genres, folder, origin)  # video is empty


def _read_small(folder, origin):
    "A release of MovieLens small from its two tables with headers."
    names = {"userId": "user", "movieId": "movie"}
    ratings = pd.read_csv(folder / "ratings.csv").rename(columns=names)
    movies = pd.read_csv(folder / "movies.csv").rename(columns=names)
    flags = movies.pop("genres").str.get_dummies("|").drop(columns="(no genres listed)", errors="ignore")
    return MovieLens(ratings, movies.join(flags), None, list(flags.columns), folder, origin)


def _carried(folder):
    "The tables of ratings, films and users as the package carries them; columns as in the publisher's files."
    return [pd.read_parquet(folder / f"MovieLens100k_{table}.parquet.brotli") for table in ("data", "items", "users")]


def _write_100k(ratings, movies, users, folder):
    "The publisher's files; for the package's tables they are the same bytes."
    plain = {"header": False, "index": False, "quoting": csv.QUOTE_NONE, "encoding": "latin-1", "lineterminator": "\n"}
    ratings.to_csv(folder / "u.data", sep="\t", **plain)
    movies.to_csv(folder / "u.item", sep="|", **plain)
    users.to_csv(folder / "u.user", sep="|", **plain)
    lines = [f"{genre}|{column}\n" for column, genre in enumerate(movies.columns[5:])]
    (folder / "u.genre").write_text("".join([*lines, "\n"]), encoding="latin-1", newline="\n")


def _made_up(n_users=200, n_movies=300, n_each=50, seed=1998):
    "Tables like the package's by a rule: users and films have a general level and three traits that may match."
    random = np.random.default_rng(seed)
    popularity = 1 / np.arange(1, n_movies + 1)
    seen = np.stack([random.choice(n_movies, n_each, replace=False, p=popularity / popularity.sum())
                     for _ in range(n_users)])
    user, movie = np.repeat(np.arange(n_users), n_each), seen.flatten()
    level = 3.5 + random.normal(0, 0.4, n_users)[user] + random.normal(0, 0.5, n_movies)[movie]
    match = (random.normal(0, 0.5, (n_users, 3))[user] * random.normal(0, 0.7, (n_movies, 3))[movie]).sum(1)
    stars = (level + match + random.normal(0, 0.7, len(user))).round().clip(1, 5).astype(int)
    seconds = random.integers(874_724_710, 893_286_639, len(user))
    ratings = pd.DataFrame({"user": user + 1, "movie": movie + 1, "rating": stars, "timestamp": seconds})
    return ratings.sample(frac=1, random_state=seed), _made_up_movies(n_movies, random), _made_up_users(n_users, random)


def _made_up_movies(n, random):
    "Every tenth title has letters that latin-1 and utf-8 write differently."
    years = random.integers(1930, 1999, n)
    titles = [f"{'Été' if i % 10 == 0 else 'Film'} {i} ({year})" for i, year in enumerate(years, 1)]
    table = pd.DataFrame({"movie": range(1, n + 1), "title": titles, "date": [f"01-Jan-{year}" for year in years],
                          "video": np.nan, "url": [f"http://films.example/{i}" for i in range(1, n + 1)]})
    flags = (random.random((n, len(GENRES))) < 0.1).astype(int)
    flags[:, 0] = flags[:, 1:].sum(1) == 0  # the genre called unknown
    return table.join(pd.DataFrame(flags, columns=GENRES))


def _made_up_users(n, random):
    return pd.DataFrame({"user": range(1, n + 1), "age": random.integers(15, 70, n),
                         "gender": random.choice(["F", "M"], n),
                         "occupation": random.choice(["artist", "other", "student", "writer"], n),
                         "zip": [f"{code:05}" for code in random.integers(0, 100_000, n)]})
