"""Chinese text as the phones that the voice was trained on (Baker): initial, final with tone, break."""

import re
import unicodedata

from pypinyin import Style, lazy_pinyin

_PHRASE = re.compile(r"[^，。！？；：、,.!?;:\n（）()《》“”\"…—]+")
_READABLE = re.compile(r"[㐀-䶿一-鿿]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?!\d)")
_DIGITS = "零一二三四五六七八九"
_CODE_LENGTH = 5
"""Numbers of so many digits are codes and read digit by digit."""
_LONGEST = 40
"""Characters in one breath; a longer phrase is cut."""
_INITIAL = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcs]?)([a-zv]+)([1-5])")
_RETROFLEX, _DENTAL, _PALATAL = {"zh", "ch", "sh", "r"}, {"z", "c", "s"}, {"j", "q", "x"}
_FULL = {"ui": "uei", "un": "uen", "iu": "iou"}
_BARE = {
    "yi": "i",
    "ya": "ia",
    "yan": "ian",
    "yang": "iang",
    "yao": "iao",
    "ye": "ie",
    "yin": "in",
    "ying": "ing",
    "yo": "iou",
    "yong": "iong",
    "you": "iou",
    "yu": "v",
    "yuan": "van",
    "yue": "ve",
    "yun": "vn",
    "wu": "u",
    "wa": "ua",
    "wai": "uai",
    "wan": "uan",
    "wang": "uang",
    "wei": "uei",
    "wen": "uen",
    "weng": "ueng",
    "wo": "uo",
    "yai": "ia",
}


def phrases(text: str) -> list[str]:
    """What is said in one breath each, numbers in words."""
    plain = unicodedata.normalize("NFKC", _CLOCK.sub(_clock, text))
    found = [part.strip() for part in _PHRASE.findall(_NUMBER.sub(_number, plain))]
    cut = [part[at : at + _LONGEST] for part in found for at in range(0, len(part), _LONGEST)]
    return [part for part in cut if part]


def phones_of(phrase: str) -> list[str]:
    """From “sil” to “sil”; [] when nothing in it can be read."""
    readable = "".join(_READABLE.findall(phrase))
    read = lazy_pinyin(
        readable, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True, v_to_u=False
    )
    spoken = [phones for syllable in read if (phones := _phones(syllable))]
    if not spoken:
        return []
    broken = [phone for phones in spoken for phone in (*phones, "#0")]
    return ["sil", *broken[:-1], "sil", "eos"]


def _phones(syllable: str) -> list[str]:
    """“zhong1” → zh ong1, “wen2” → ^ uen2, “shi4” → sh iii4."""
    found = _INITIAL.fullmatch(syllable)
    if found is None:
        return ["^", f"en{syllable[-1]}"] if syllable[:-1] in {"n", "m", "ng"} else []
    initial, final, tone = found.groups()
    if not initial:
        return ["^", f"{_BARE.get(final, final)}{tone}"]
    if final == "i" and initial in _RETROFLEX | _DENTAL:
        final = "iii" if initial in _RETROFLEX else "ii"
    elif initial in _PALATAL and final.startswith("u"):
        final = "v" + final[1:]
    return [initial, f"{_FULL.get(final, final)}{tone}"]


def _clock(found: re.Match[str]) -> str:
    """“06:30” → “6点30分”."""
    minutes = int(found[2])
    return f"{int(found[1])}点" + (f"{minutes}分" if minutes else "")


def _number(found: re.Match[str]) -> str:
    whole, _, fraction = found[0].partition(".")
    if len(whole) >= _CODE_LENGTH:
        said = "，".join(_digits(whole))
    else:
        said = _digits(whole) if whole.startswith("0") else in_words(int(whole))
    return said + (f"点{_digits(fraction)}" if fraction else "")


def _digits(digits: str) -> str:
    return "".join(_DIGITS[int(digit)] for digit in digits)


def in_words(number: int) -> str:
    """0–9999 in Chinese: 10 → 十, 105 → 一百零五."""
    if number < 10:
        return _DIGITS[number]
    said, gap = "", False
    for unit, value in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit, number = divmod(number, value)
        if digit:
            said += ("零" if gap and said else "") + _DIGITS[digit] + unit
        gap = not digit
    return said.removeprefix("一") if said.startswith("一十") else said
