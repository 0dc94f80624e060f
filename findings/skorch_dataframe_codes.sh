#!/usr/bin/env bash
# skorch's DataFrameTransformer learns nothing in fit: it numbers the categories of whatever table it is given, so the
# same value gets another embedding in another table, and a single row of whole numbers is always category 0.
# Seen with skorch 1.4.0 and pandas 3.1.1; its documentation offers it as a step of a scikit-learn pipeline that
# encodes categories as integers to be embedded, and says nothing of tables whose values differ.
# Instead: encode with scikit-learn's OrdinalEncoder, or give each column one fixed CategoricalDtype beforehand.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 pandas==3.1.1 scikit-learn==1.9.1 skorch==1.4.0
cat > "$work/find.py" <<'PY'
import io
import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
import torch
from sklearn.pipeline import Pipeline
from skorch import NeuralNetRegressor
from skorch.helper import DataFrameTransformer

for name in ("skorch", "pandas", "scikit-learn", "torch"):
    print(name, version(name))


class MeanOfShop(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = torch.nn.Embedding(3, 1)

    def forward(self, shop):
        return self.mean(shop)


torch.manual_seed(0)
sales = pd.DataFrame({"shop": np.tile([101, 205, 309], 40)})
target = sales["shop"].map({101: 1.0, 205: 2.0, 309: 3.0}).to_numpy(np.float32)[:, None]
model = Pipeline([
    ("codes", DataFrameTransformer(treat_int_as_categorical=True)),
    ("net", NeuralNetRegressor(MeanOfShop, max_epochs=60, lr=0.5, train_split=None, verbose=0)),
])
model.fit(sales, target)
whole = model.predict(sales.iloc[:3]).ravel()
single = np.concatenate([model.predict(sales.iloc[[row]]).ravel() for row in range(3)])
print("expected: the prediction of a row depends on that row alone")
print("seen: shops 101, 205, 309 in one table:", whole.round(2), "| row by row:", single.round(2))

train = pd.read_csv(io.StringIO("town\nAachen\nBonn\nCelle\n")).astype("category")
test = pd.read_csv(io.StringIO("town\nBonn\nCelle\n")).astype("category")
codes = DataFrameTransformer().fit(train)
in_train, in_test = codes.transform(train)["town"].tolist(), codes.transform(test)["town"].tolist()
print("expected: Bonn and Celle are 1 and 2 wherever they stand")
print("seen: in training Aachen, Bonn, Celle are", in_train, "| in the test table Bonn, Celle are", in_test)

same = (
    np.allclose(whole, [1, 2, 3], atol=0.2) and np.allclose(single, whole[0], atol=1e-5)
    and in_train == [0, 1, 2] and in_test == [0, 1]
)
print("as found" if same else "the behaviour has changed")
sys.exit(0 if same else 1)
PY
"$work/venv/bin/python" "$work/find.py"
