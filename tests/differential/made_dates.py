"""Java date and time patterns, and texts that look like what is written by them."""

from random import Random

USUAL = [
    "yyyy-MM-dd", "HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ssXXX", "dd MMM yyyy", "EEE, dd MMM yyyy HH:mm:ss Z",
    "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "hh:mm a", "yyyyMMdd", "HHmmss", "MM/dd/yy", "d/M/yyyy", "yyyy-DDD", "yyyy-'W'ww-e",
    "HH:mm:ss.SSSXXX", "HH:mm z", "HH:mm VV", "yyyy-MM-dd HH:mm:ss.SSSSSS",
]  # fmt: skip
LETTERS = "GyYuDdMLQqwWFEecahHkKmsSnANxXZOzV"
BETWEEN = ["-", "/", ":", " ", ".", "", "'T'", "'Z'", "''", ","]
STRANGE = [*BETWEEN, "T", "_", "+", "~", "é", "[", "]", "(", ")", "{", "|", "#", "?", "\\", "*"]
NAMES = [
    "Jan", "january", "FEB", "Sept", "sep", "May", "Monday", "mon", "Tues", "tue", "AD", "bc", "am", "PM", "Q1", "q2",
    "1st quarter", "UTC", "GMT", "Z", "EST", "CET", "AEST", "Europe/Berlin", "UTC+01:00", "GMT+1", "GMT+01:30", "a",
]  # fmt: skip
OF_LETTER = {
    "ML": ["Jan", "January", "feb", "MAY", "September", "Sept", "J", "12"],
    "Ee": ["Mon", "Monday", "tue", "SUN", "M", "1", "Thurs"],
    "Qq": ["Q1", "q4", "1st quarter", "Q5", "1"],
    "G": ["AD", "BC", "ad", "A", "CE"],
    "a": ["AM", "PM", "am", "pm", "a"],
    "xXZO": [
        "Z", "z", "+01", "-0100", "+01:00", "+0130", "-11:59", "+1:30", "+010203", "+01:02:03", "GMT", "UTC", "GMT+1", "GMT+01:00",
        "UTC-5", "+00", "-00:00", "+0000", "+24", "+11:60", "+14:00", "+12",
    ],
    "z": ["UTC", "GMT", "EST", "CET", "CEST", "AEST", "BST", "JST", "utc", "XYZ"],
    "V": ["Europe/Berlin", "UTC", "America/New_York", "Etc/GMT+5", "Foo/Bar", "Asia/Kolkata", "+01:00"],
}  # fmt: skip
MOST = {
    "d": 32, "h": 13, "H": 25, "k": 25, "K": 13, "m": 61, "s": 62, "w": 57, "W": 6, "F": 6, "e": 8, "c": 8, "Q": 5, "q": 5, "M": 13,
    "L": 13, "D": 370,
}  # fmt: skip


def pattern(r: Random) -> str:
    if r.random() < 0.3:
        return r.choice(USUAL)
    if r.random() < 0.05:
        return r.choice(LETTERS + "bBfgijlopqrtvCIJPRTU") * r.choice([1, 2, 3])
    made = ""
    for _ in range(r.choice([1, 1, 2, 3])):
        made += r.choice(LETTERS) * r.choice([1, 1, 2, 2, 2, 3, 3, 4, 5, 6])
        made += r.choice(BETWEEN if r.random() < 0.8 else STRANGE)
    return made.rstrip("-/: .,") if r.random() < 0.7 else made


def text_for(r: Random, pattern: str) -> str:
    """A text near what *pattern* writes."""
    made, at = "", 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "'":
            close = pattern.find("'", at + 1)
            close = len(pattern) if close < 0 else close
            made, at = made + (pattern[at + 1 : close] or "'"), close + 1
            continue
        count = len(pattern) - at - len(pattern[at:].lstrip(letter)) if letter.isalpha() and letter.isascii() else 0
        made += _part(r, letter, count) if count else letter
        at += count or 1
    if r.random() < 0.1:
        made = r.choice([f"{made} ", f" {made}", f"{made}x", f"{made}\n", f"{made}0", made.replace("1", "\u0661", 1)])
    return made


def _part(r: Random, letter: str, count: int) -> str:
    if r.random() < 0.06:
        return r.choice(NAMES)
    if letter in "yYu":
        year = str(r.randint(0, 3000)).zfill(count)
        return year if r.random() < 0.8 else r.choice(["00", "2000", "1900", "99", "12020", "-2000", "0"])
    if letter in MOST and (count < 3 or letter == "D" or r.random() < 0.2):
        number = str(r.randint(0, MOST[letter]))
        return number.zfill(count) if r.random() < 0.75 else number
    if letter in "SnAN":
        return str(r.randint(0, 10 ** r.randint(1, 12)))
    named = next((names for letters, names in OF_LETTER.items() if letter in letters), ["x"])
    return r.choice(named)
