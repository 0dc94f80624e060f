"""What the 37 drawn breeds look like: one entry each, with the names of the Oxford-IIIT Pet data set."""

from dataclasses import dataclass, field

COLORS = {
    "apricot": "#d9a066", "black": "#2b292b", "blue grey": "#6d7580", "bone": "#e8dcc6", "brown": "#7a4a2b",
    "charcoal": "#4a4747", "cream": "#ecdcc0", "dark": "#251d1a", "fawn": "#cda676", "gold": "#bf8a4a",
    "liver": "#57342a", "orange": "#d9823a", "pink": "#e2b5a3", "red": "#b5562c", "rust": "#a2602f",
    "sand": "#d6bd92", "silver": "#b3b0ab", "slate": "#55606e", "steel": "#6b7079", "tan": "#b97a44",
    "tiger": "#a17b55", "wheat": "#d8b987", "white": "#f2efe9",
    "amber eyes": "#c98a2b", "blue eyes": "#5b9fdf", "copper eyes": "#d07a24", "green eyes": "#8fb04a",
    "lemon eyes": "#c9c95a", "mint eyes": "#67b389", "dark eyes": "#3a2317", "brown eyes": "#5f3a1f",
}


@dataclass(frozen=True)
class Breed:
    """The traits of a breed; sizes are factors, 1 is usual.

    `marks`: what is drawn on the coat, in this order, each with its colour (see marks.py). `ears`: pointed,
    folded, rose (folded back) or drooping. `head`: width and height. `muzzle`: how long and how broad. `fur`:
    0 bare, 1 as long as can be. `extras`: beard, bow, brows, ear tufts, fringe, jowls, mane, sad, smile,
    wavy ears, wrinkles.
    """

    species: str
    coat: str
    marks: dict = field(default_factory=dict)
    ears: str = "pointed"
    ear_size: float = 1.0
    ear_color: str = ""
    eyes: str = "brown eyes"
    eye_size: float = 1.0
    head: tuple = (1.0, 1.0)
    cheeks: float = 1.0
    muzzle: tuple = (1.0, 1.0)
    nose: str = "dark"
    fur: float = 0.15
    extras: tuple = ()


def _cat(coat, marks=None, **traits):
    return Breed("cat", coat, marks or {}, **{"muzzle": (0.3, 0.8), "nose": "pink"} | traits)


def _dog(coat, marks=None, **traits):
    return Breed("dog", coat, marks or {}, **{"ears": "drooping"} | traits)


BREEDS = {
    "Abyssinian": _cat("rust", {"ticks": "dark", "forehead": "brown", "muzzle": "cream"},
        ear_size=1.25, eyes="green eyes", head=(0.88, 1.0), cheeks=0.9),
    "Bengal": _cat("gold", {"rosettes": "dark", "forehead": "dark", "muzzle": "white"}, ear_size=0.85,
        eyes="mint eyes", head=(0.95, 0.95)),
    "Birman": _cat("cream", {"face": "brown"}, ear_size=0.9, ear_color="brown", eyes="blue eyes", fur=0.7,
        cheeks=1.1, extras=("mane",)),
    "Bombay": _cat("black", ear_size=0.95, eyes="copper eyes", eye_size=1.15, head=(0.97, 0.93),
        nose="dark"),
    "British_Shorthair": _cat("blue grey", ear_size=0.7, eyes="copper eyes", eye_size=1.1,
        head=(1.12, 0.92), cheeks=1.22, nose="slate", fur=0.3),
    "Egyptian_Mau": _cat("silver", {"spots": "charcoal", "forehead": "charcoal", "muzzle": "white"},
        ear_size=1.05, eyes="green eyes", eye_size=1.15, head=(0.92, 0.97)),
    "Maine_Coon": _cat("tiger", {"stripes": "dark", "forehead": "dark", "muzzle": "white"}, ear_size=1.2,
        eyes="amber eyes", eye_size=0.9, head=(0.95, 1.08), muzzle=(0.5, 1.05), fur=0.85,
        extras=("mane", "ear tufts")),
    "Persian": _cat("white", ear_size=0.55, eyes="copper eyes", eye_size=1.25, head=(1.06, 0.94),
        cheeks=1.12, muzzle=(0.05, 0.85), fur=1.0, extras=("mane",)),
    "Ragdoll": _cat("bone", {"face": "steel", "blaze": "white", "muzzle": "white"}, ear_size=0.9,
        ear_color="steel", eyes="blue eyes", fur=0.75, head=(1.05, 0.97), extras=("mane",)),
    "Russian_Blue": _cat("steel", ear_size=1.15, eyes="mint eyes", eye_size=1.05, head=(0.9, 1.0),
        cheeks=0.88, nose="slate"),
    "Siamese": _cat("cream", {"face": "dark"}, ear_size=1.4, ear_color="dark", eyes="blue eyes",
        eye_size=0.95, head=(0.8, 1.08), cheeks=0.72, nose="dark", fur=0.08),
    "Sphynx": _cat("pink", {"folds": "brown"}, ear_size=1.65, ear_color="pink", eyes="lemon eyes",
        eye_size=1.2, head=(0.82, 1.02), cheeks=0.8, fur=0.0, extras=("wrinkles",)),

    "american_bulldog": _dog("white", {"eye patch": "tan"}, ears="folded", ear_size=0.75,
        ear_color="white", head=(1.15, 0.98), cheeks=1.15, muzzle=(0.75, 1.25), extras=("jowls",)),
    "american_pit_bull_terrier": _dog("slate", {"blaze": "white", "chest": "white"}, ears="rose",
        ear_size=0.85, eyes="amber eyes", head=(1.05, 1.0), cheeks=1.15, muzzle=(0.85, 1.05),
        nose="charcoal", fur=0.08),
    "basset_hound": _dog("tan", {"blaze": "white", "muzzle": "white", "chest": "white", "saddle": "black"},
        ear_size=1.65, ear_color="brown", head=(0.85, 1.1), muzzle=(1.3, 1.15), eye_size=0.85,
        extras=("jowls", "sad")),
    "beagle": _dog("tan", {"blaze": "white", "muzzle": "white", "chest": "white", "saddle": "black"},
        ear_size=1.05, ear_color="tan", head=(0.95, 0.98), muzzle=(0.95, 0.85), eye_size=1.15),
    "boxer": _dog("orange", {"muzzle": "dark", "chest": "white"}, ears="folded", ear_size=0.9,
        ear_color="brown", head=(1.0, 1.05), muzzle=(0.45, 1.25), eyes="dark eyes",
        extras=("jowls", "wrinkles")),
    "chihuahua": _dog("fawn", {"muzzle": "cream"}, ears="pointed", ear_size=1.75, head=(0.95, 0.88),
        cheeks=0.85, muzzle=(0.5, 0.6), eyes="dark eyes", eye_size=1.45),
    "english_cocker_spaniel": _dog("apricot", ear_size=1.5, ear_color="gold", head=(0.88, 1.08),
        muzzle=(1.1, 0.95), fur=0.55, extras=("wavy ears",)),
    "english_setter": _dog("white", {"flecks": "charcoal"}, ear_size=1.25, ear_color="charcoal",
        head=(0.85, 1.12), muzzle=(1.35, 0.9), fur=0.5, extras=("wavy ears",)),
    "german_shorthaired": _dog("liver", {"roan": "white"}, ear_size=1.2, ear_color="liver",
        eyes="amber eyes", head=(0.87, 1.1), muzzle=(1.35, 0.95), nose="liver"),
    "great_pyrenees": _dog("white", {"temples": "cream"}, ear_size=0.9, ear_color="bone",
        head=(1.05, 1.08), muzzle=(1.0, 1.0), eyes="dark eyes", eye_size=0.85, fur=0.85, extras=("mane",)),
    "havanese": _dog("bone", {"eye patch": "steel"}, ear_size=1.2, ear_color="steel", head=(0.98, 0.98),
        muzzle=(0.6, 0.85), eyes="dark eyes", fur=1.0, extras=("beard", "fringe")),
    "japanese_chin": _dog("white", {"eye patches": "black"}, ear_size=1.15, ear_color="black",
        head=(1.05, 0.9), muzzle=(0.1, 0.85), eyes="dark eyes", eye_size=1.4, fur=0.7,
        extras=("wavy ears",)),
    "keeshond": _dog("silver", {"brow": "charcoal", "spectacles": "cream", "muzzle": "charcoal"},
        ears="pointed", ear_size=0.8, ear_color="charcoal", head=(1.0, 0.95), muzzle=(0.9, 0.7), fur=1.0,
        extras=("mane",)),
    "leonberger": _dog("gold", {"face": "dark"}, ear_size=1.0, ear_color="brown", head=(1.05, 1.1),
        muzzle=(1.1, 1.1), fur=0.85, extras=("mane",)),
    "miniature_pinscher": _dog("black", {"points": "rust"}, ears="pointed", ear_size=1.2,
        ear_color="black", head=(0.78, 1.02), cheeks=0.8, muzzle=(1.1, 0.6), eyes="dark eyes", fur=0.05),
    "newfoundland": _dog("black", ear_size=1.05, ear_color="black", head=(1.15, 1.05), cheeks=1.1,
        muzzle=(0.95, 1.2), fur=0.8, extras=("mane", "jowls")),
    "pomeranian": _dog("orange", {"muzzle": "cream", "temples": "apricot"}, ears="pointed", ear_size=0.6,
        head=(0.98, 0.86), muzzle=(0.65, 0.55), eyes="dark eyes", fur=1.0, extras=("mane",)),
    "pug": _dog("sand", {"snout": "dark"}, ears="folded", ear_size=0.8, ear_color="dark",
        head=(1.12, 0.95), cheeks=1.1, muzzle=(0.08, 1.05), eyes="dark eyes", eye_size=1.5,
        extras=("wrinkles",)),
    "saint_bernard": _dog("red",
        {"eye patches": "dark", "blaze": "white", "muzzle": "white", "chest": "white"}, ear_size=1.05,
        ear_color="brown", head=(1.15, 1.08), cheeks=1.1, muzzle=(0.8, 1.3), eye_size=0.85, fur=0.5,
        extras=("jowls", "sad")),
    "samoyed": _dog("white", ears="pointed", ear_size=0.75, head=(1.08, 0.97), muzzle=(0.8, 0.78),
        eyes="dark eyes", fur=1.0, extras=("mane", "smile")),
    "scottish_terrier": _dog("black", ears="pointed", ear_size=1.05, head=(0.82, 1.15), cheeks=0.95,
        muzzle=(1.25, 1.1), eyes="dark eyes", eye_size=0.8, fur=0.7, extras=("beard", "brows")),
    "shiba_inu": _dog("orange", {"cheeks": "white", "dots": "cream", "muzzle": "white", "chest": "white"},
        ears="pointed", ear_size=0.85, head=(1.05, 0.93), cheeks=1.12, muzzle=(0.8, 0.72), eyes="dark eyes",
        eye_size=0.8, fur=0.35),
    "staffordshire_bull_terrier": _dog("brown", {"brindle": "dark", "chest": "white"}, ears="rose",
        ear_size=0.8, ear_color="liver", head=(1.15, 0.92), cheeks=1.3, muzzle=(0.65, 1.1),
        eyes="dark eyes", fur=0.06),
    "wheaten_terrier": _dog("wheat", ears="folded", ear_size=1.0, ear_color="apricot",
        head=(0.88, 1.15), muzzle=(1.05, 1.05), eyes="dark eyes", fur=0.9, extras=("beard", "fringe")),
    "yorkshire_terrier": _dog("tan", {"temples": "apricot", "saddle": "slate"}, ears="pointed",
        ear_size=0.85, ear_color="tan", head=(0.9, 0.95), muzzle=(0.55, 0.65), eyes="dark eyes", fur=0.95,
        extras=("beard", "bow")),
}
