"""The seven tables of Rossmann from one table of sales; what it lacks is made by a rule, gaps included."""

import holidays
import numpy as np
import pandas as pd

TEST_DAYS = 42  # the last six weeks of the sales are the test table, without Sales and Customers
N_OPEN_UNKNOWN = 11  # rows of the test table without Open, all of one store, as in the publisher's
STATES = {"BadenWuerttemberg": "BW", "Bayern": "BY", "Berlin": "BE", "Brandenburg": "BB", "Bremen": "HB",
          "Hamburg": "HH", "Hessen": "HE", "MecklenburgVorpommern": "MV", "Niedersachsen": "HB,NI",
          "NordrheinWestfalen": "NW", "RheinlandPfalz": "RP", "Saarland": "SL", "Sachsen": "SN",
          "SachsenAnhalt": "ST", "SchleswigHolstein": "SH", "Thueringen": "TH"}
TREND_PLACES = ["DE", *(f"DE_{state}" for state in "BE BW BY HE HH NI NW RP SH SL SN ST TH".split())]
WEATHER = ["Max_TemperatureC", "Mean_TemperatureC", "Min_TemperatureC", "Dew_PointC", "MeanDew_PointC",
           "Min_DewpointC", "Max_Humidity", "Mean_Humidity", "Min_Humidity", "Max_Sea_Level_PressurehPa",
           "Mean_Sea_Level_PressurehPa", "Min_Sea_Level_PressurehPa", "Max_VisibilityKm", "Mean_VisibilityKm",
           "Min_VisibilitykM", "Max_Wind_SpeedKm_h", "Mean_Wind_SpeedKm_h", "Max_Gust_SpeedKm_h",
           "Precipitationmm", "CloudCover", "Events", "WindDirDegrees"]  # the publisher's spelling
GENERATED = {  # the columns of each table that a package's table of sales lacks
    "train": ["Customers", "StateHoliday"], "test": ["StateHoliday"],
    "store": ["CompetitionDistance", "CompetitionOpenSinceMonth", "CompetitionOpenSinceYear",
              "Promo2SinceWeek", "Promo2SinceYear", "PromoInterval"],
    "store_states": [], "state_names": [], "googletrend": ["trend"], "weather": WEATHER}


def tables_from(sales, seed=2015):
    """The seven tables by name, from `sales`: a row for each store and day.

    Its columns: Date, Store, Sales, Open, Promo, SchoolHoliday, StoreType, Assortment, Promo2, State and
    HolidayCode (country and state, such as DE-NW).
    """
    random = np.random.default_rng(seed)
    sales = sales.sort_values(["Date", "Store"], ascending=[False, True], ignore_index=True)
    stores = sales.drop_duplicates("Store").sort_values("Store", ignore_index=True)
    states = stores["State"].replace({"HB": "HB,NI", "NI": "HB,NI"})  # to the publisher they are one
    days = pd.date_range(sales["Date"].min(), sales["Date"].max())
    train, test = _train_and_test(sales, random)
    return {"train": train, "test": test, "store": _store(stores, random),
            "store_states": pd.DataFrame({"Store": stores["Store"], "State": states}),
            "state_names": pd.DataFrame(STATES.items(), columns=["StateName", "State"]),
            "googletrend": _googletrend(days, random),
            "weather": pd.concat([_weather(name, days, random) for name in STATES], ignore_index=True)}


def state_holiday(sales):
    """The publisher's code for each row's day: 0 for none, a public holiday, b Easter, c Christmas.

    The holidays of each HolidayCode are those that the library `holidays` knows.
    """
    dates = sales.groupby("HolidayCode")["Date"]
    return dates.transform(lambda of_state: _holidays(of_state, *of_state.name.split("-")))


def _holidays(dates, country, state):
    "The codes of `dates` in one state."
    years = range(dates.min().year, dates.max().year + 1)
    calendar = holidays.country_holidays(country, subdiv=state, years=years, language="en_US")
    codes = {day: "b" if "Easter" in name or name == "Good Friday" else "c" if "Christmas" in name else "a"
             for day, name in calendar.items()}
    return dates.dt.date.map(codes).fillna("0")


def _train_and_test(sales, random):
    "Both tables of days, cut by date."
    flags = sales[["Open", "Promo", "SchoolHoliday"]].astype(int)
    days = pd.DataFrame({"Store": sales["Store"], "DayOfWeek": sales["Date"].dt.day_of_week + 1,
                         "Date": sales["Date"], "Sales": sales["Sales"],
                         "Customers": _customers(sales, random), "Open": flags["Open"],
                         "Promo": flags["Promo"], "StateHoliday": state_holiday(sales),
                         "SchoolHoliday": flags["SchoolHoliday"]})
    later = days["Date"] > days["Date"].max() - pd.Timedelta(days=TEST_DAYS)
    test = days[later].drop(columns=["Sales", "Customers"]).reset_index(drop=True)
    test.insert(0, "Id", test.index + 1)
    of_one_store = test.index[(test["Store"] == test["Store"].min()) & (test["Open"] == 1)]
    test["Open"] = test["Open"].astype(float)
    test.loc[of_one_store[:N_OPEN_UNKNOWN], "Open"] = np.nan
    return days[~later].reset_index(drop=True), test


def _customers(sales, random):
    "A customer spends about 9 euros, more in a promotion; this differs by store and from day to day."
    stores, store = np.unique(sales["Store"], return_inverse=True)
    euros = random.lognormal(np.log(8.5), 0.24, len(stores))[store] * np.where(sales["Promo"], 1.13, 1)
    return (sales["Sales"] / (euros * random.lognormal(0, 0.08, len(sales)))).round().astype(int)


def _store(stores, random):
    "Competition is often of unknown age, seldom of unknown distance; Promo2 has dates where it is on."
    n = len(stores)
    distance = (random.lognormal(np.log(2300), 1.3, n).clip(20, 75_000) / 10).round() * 10
    distance[random.choice(n, max(1, n // 300), replace=False)] = np.nan
    table = stores[["Store", "StoreType", "Assortment"]].assign(CompetitionDistance=distance)
    known = random.random(n) > 0.32
    table["CompetitionOpenSinceMonth"] = np.where(known, random.integers(1, 13, n), np.nan)
    years = (2015 - random.gamma(1.5, 4, n)).round().clip(1990)
    table["CompetitionOpenSinceYear"] = np.where(known, years, np.nan)
    table["Promo2"] = stores["Promo2"].astype(int)
    on = table["Promo2"] == 1
    weeks = random.choice([1, 5, 9, 14, 18, 22, 27, 31, 36, 40, 45], n)
    table["Promo2SinceWeek"] = np.where(on, weeks, np.nan)
    table["Promo2SinceYear"] = np.where(on, random.integers(2009, 2016, n), np.nan)
    months = random.choice(["Jan,Apr,Jul,Oct", "Feb,May,Aug,Nov", "Mar,Jun,Sept,Dec"], n, p=[0.6, 0.2, 0.2])
    table["PromoInterval"] = pd.Series(months).where(on)
    return table


def _googletrend(days, random):
    "From 0 to 100 for weeks that begin on Sunday, in Germany and its states; most searches are in December."
    sundays = pd.date_range(days[0] - pd.Timedelta(days=30), days[-1] + pd.Timedelta(days=7), freq="W-SUN")
    weeks, n = [f"{day:%Y-%m-%d} - {day + pd.Timedelta(days=6):%Y-%m-%d}" for day in sundays], len(sundays)
    common = 60 + 8 * (sundays.month == 12) + 0.05 * np.arange(n) + _wander(n, 4, 0.8, random)
    tables = []
    for place in TREND_PLACES:
        trend = common + random.normal(0, 2 if place == "DE" else 10, n)
        tables.append(pd.DataFrame({"file": f"Rossmann_{place}", "week": weeks,
                                    "trend": trend.round().clip(0, 100).astype(int)}))
    return pd.concat(tables, ignore_index=True)


def _weather(name, days, random):
    "One state's: warm in July, cold in January, with spells of warm and cold, of high and low pressure."
    n = len(days)
    season = -np.cos(2 * np.pi * (days.day_of_year.to_numpy() - 18) / 365)  # from -1 in winter to 1 in summer
    warmth = 10 + 9 * season + _wander(n, 3, 0.8, random)  # degrees Celsius
    wet, fog = random.random(n) < 0.62, random.random(n) < 0.23
    wind = _around(11.5 - 2 * season, 11, 2, 100, random)[:, :2]  # the publisher has no lowest wind
    clouds = random.normal(5 - 0.6 * season + wet, 1.2)[:, None].round().clip(0, 8)
    numbers = [_around(warmth, 4.5 + 1.5 * season, -30, 40, random),
               _around(warmth - 4 - season, 2.5, -40, 25, random),  # dew point
               _around(73 - 9 * season + 6 * wet, 18 + 7 * season, 4, 100, random),  # humidity, per cent
               _around(1017 - 4 * wet + _wander(n, 6, 0.8, random), 3.5, 970, 1045, random),  # pressure, hPa
               _with_gaps(_around(13 - 4 * fog, 8, 0, 31, random), 0.024, random), wind,  # visibility, km
               _with_gaps(wind[:, :1] + 24, 0.77, random), _rain(wet, random),
               _with_gaps(clouds, 0.074, random), random.integers(0, 361, n)]
    table = pd.DataFrame(np.column_stack(numbers), columns=[each for each in WEATHER if each != "Events"])
    whole = table.columns[(table == table.round()).all()]  # columns with gaps keep a decimal point
    table[whole] = table[whole].astype(int)
    table.insert(WEATHER.index("Events"), "Events", _events(fog, wet, warmth, random))
    return pd.concat([pd.DataFrame({"file": name, "Date": days}), table], axis=1)


def _events(fog, wet, warmth, random):
    "Names of what happened on each day, joined by hyphens; None on quiet days."
    thunder = wet & (warmth > 14) & (random.random(len(wet)) < 0.2)
    happened = {"Fog": fog, "Rain": wet & (warmth > -1), "Snow": wet & (warmth < 2), "Thunderstorm": thunder}
    return ["-".join(name for name, here in zip(happened, day, strict=True) if here) or None
            for day in zip(*happened.values(), strict=True)]


def _rain(wet, random):
    "Millimetres: on half of the wet days there is enough of it to measure."
    return np.where(wet & (random.random(len(wet)) < 0.47), random.exponential(2.9, len(wet)).round(2), 0)


def _around(middle, half, low, high, random):
    "(n, 3) whole numbers, the highest, mean and lowest of each day, none outside of `low` to `high`."
    half = half * random.uniform(0.5, 1.5, len(middle))
    middle = random.normal(middle, half / 2)
    return np.stack([middle + half, middle, middle - half], axis=1).round().clip(low, high)


def _with_gaps(values, share, random):
    "`values` with nan in a `share` of the rows."
    return np.where(random.random((len(values), 1)) < share, np.nan, values)


def _wander(n, std, memory, random):
    "A series of `n` about 0 in which each value keeps `memory` of the one before."
    steps, series = random.normal(0, std * np.sqrt(1 - memory**2), n), np.zeros(n)
    for i in range(1, n):
        series[i] = memory * series[i - 1] + steps[i]
    return series


def made_up_sales(n_stores=20, first="2013-01-01", last="2014-12-31", seed=2014):
    """Sales to begin with where no package answers: by store, weekday, promotion and December."""
    random = np.random.default_rng(seed)
    days = pd.DataFrame({"Date": pd.date_range(first, last)})
    sales = _made_up_stores(n_stores, random).merge(days, how="cross")
    weekday, month = sales["Date"].dt.day_of_week, sales["Date"].dt.month
    sales["Open"] = (weekday < 6) & (state_holiday(sales) == "0")
    sales["Promo"] = (weekday < 5) & (sales["Date"].dt.isocalendar().week % 2 == 1)
    sales["SchoolHoliday"] = (weekday < 5) & (month == 8)
    level = sales.pop("level") * np.where(sales["Promo"], 1.35, 1) * np.where(month == 12, 1.2, 1)
    sold = level * (1.2 - 0.05 * weekday) * random.lognormal(0, 0.12, len(sales))  # euros
    sales["Sales"] = sold.where(sales["Open"], 0).round().astype(int)
    return sales


def _made_up_stores(n, random):
    table = pd.DataFrame({"Store": range(1, n + 1), "level": random.lognormal(8.7, 0.25, n),
                          "StoreType": random.choice(["a", "c", "d"], n),
                          "Assortment": random.choice(["a", "c"], n), "Promo2": random.random(n) < 0.5,
                          "State": random.choice(["BE", "BW", "BY", "HE", "NI", "NW", "SN"], n)})
    return table.assign(HolidayCode="DE-" + table["State"])
