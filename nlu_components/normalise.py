"""Bring a reader's message into the one form that features are computed from.

Pure functions on the standard library, so that tools and tests may use them on any Python. Nothing here
changes what the
dialogue or a case keeps: the original words stay in the message, only the features see the normalised ones.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import groupby
from pathlib import Path

_WORDS = Path(__file__).parent / "words"
FEATURE_CHARACTERS = 200
"""A longer message says what it wants in its beginning; the rest would only cost time."""
TITLE = "《书》"
"""Stands for any title in title marks: 《还书》 is a book, not a command."""
ISBN = "书号"
LONG_NUMBER = "编号"
AUTHOR = "鲁迅"
"""Stands for any well-known author: one that the embedding knows, too."""
CODE = "代码"
"""Stands for what only machines say: markup, queries, scripts."""

_EMOJI = {
    "👍": "好的",
    "👌": "好的",
    "🆗": "好的",
    "✅": "好的",
    "🙏": "谢谢",
    "🌹": "谢谢",
    "👋": "你好",
    "❌": "不要",
    "🙅": "不要",
    "👎": "不好",
    "📚": "书",
    "📖": "书",
}
_TITLE_MARKS = re.compile(
    r"《+[^《》]{1,60}》+|<<[^<>]{1,60}>>|「[^「」]{1,40}」|『[^『』]{1,40}』|〈[^〈〉]{1,40}〉"
    r"|【[^【】]{1,40}】|“[^“”]{1,40}”|\"[^\"]{1,40}\""
)
_ISBN = re.compile(r"(?<!\d)(?:97[89][-\s]?)?(?:\d[-\s]?){9}[\dxX](?!\d)")
_LONG_NUMBER = re.compile(r"[a-z]{0,3}\d{4,}")
_SHORT_NUMBER = re.compile(r"(?<!\d)(?:[1-9]|1\d|20)(?!\d)")
_CODE = re.compile(
    r"</?[a-z!][^<>]{0,80}>|\b(?:drop|alter|truncate)\s+(?:table|database)\b|\bselect\b.{1,40}\bfrom\b"
    r"|\bunion\s+select\b|\b(?:delete\s+from|insert\s+into)\b|\bupdate\s+\w+\s+set\b"
    r"|['\"]\s*(?:or|and)\s+['\"]?\w+['\"]?\s*=|['\"]\s*;|;\s*--|['\")]\s*--"
    r"|\bjavascript:|\bonerror\s*=|\$\{.{0,40}\}|\{\{.{0,40}\}\}|\{%.{0,40}%\}|\brm\s+-r"
    r"|\b\w+\((?:['\"]|\)\s*;)|\.\./|/etc/|&&|\|\|"
)
_SEPARATED = r"[\s,，。.、…~!！?？:：]"
_ADDRESSED = (
    "小姑娘|姑娘|小伙子|小同志|同志|小师傅|师傅|大妹子|小妹|妹妹|小哥|大哥|大姐"
    "|美女|帅哥|老师|亲爱的|亲|小书|书递|小助手"
)
_FILLER = re.compile(
    rf"(?:^|(?<={_SEPARATED}))(?:"
    rf"(?:呃|额|嗯|唔|哎呀|哎|诶|唉|欸|哦|噢|喂|啊)+(?:{_SEPARATED}+|(?=[我你那就想请有帮]))"
    r"|那个什么|那个啥|那什么|那啥|怎么说呢|是这样的|我跟你说|我跟你讲|我说啊|讲真"
    rf"|(?:就是|那个|这个|就是那个|就是说|然后|反正){_SEPARATED}+"
    r"|(?:我?想?|麻烦|跟你)?(?:请问|请教|打听|问)(?:一下|下|问)|请问|麻烦[你您]?(?=[给帮替看找查])|不好意思|打扰(?:一下|了|你了|您了)|劳驾"
    rf"|(?:{_ADDRESSED})[啊呀哦呐]?(?:{_SEPARATED}+|(?=[你您我请帮麻能有给劳]))"
    r"|我?(?:老头子?|老太婆|老太太|老人家)(?=[我\s,，])"
    rf"){_SEPARATED}*"
)
_LEAST_SAID = 2
"""So many characters must be left when politeness is taken away; else the politeness is what was said."""
_ORDINAL = re.compile(r"第[一二三四五六七八九十]{1,3}|^[一二三四五六七八九十]$")
_NOT_WORDS = re.compile(r"[^\w《》]+|_+")
_NOT_SAID = {"Cc", "Cf", "Co", "Cs", "Cn", "So", "Sk", "Mn"}
"""Unicode categories that nobody says: control and format characters, marks, symbols left over."""
_REPEATED = re.compile(r"(.)\1{2,}")


@lru_cache(maxsize=1)
def _simplified() -> "dict[int, str]":
    lines = (_WORDS / "traditional.txt").read_text(encoding="utf-8").splitlines()
    pairs = [pair for line in lines if not line.startswith("#") for pair in line.split()]
    return {ord(pair[0]): pair[1:] for pair in pairs}


@lru_cache(maxsize=1)
def _famous() -> "tuple[re.Pattern[str], dict[str, str]]":
    """What stands for every name that readers drop without title marks, and for every author."""
    stands_for: "dict[str, str]" = {}
    for file, stand_in in (("titles.txt", TITLE), ("authors.txt", AUTHOR)):
        lines = (_WORDS / file).read_text(encoding="utf-8").splitlines()
        stands_for.update(
            (name, stand_in)
            for line in lines
            if not line.startswith("#")
            for name in line.split("、")
            if name
        )
    longest_first = sorted(stands_for, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), stands_for


@lru_cache(maxsize=1)
def _dialect() -> "tuple[re.Pattern[str], dict[str, str]]":
    lines = (_WORDS / "dialect.txt").read_text(encoding="utf-8").splitlines()
    words = dict(line.split("\t")[:2] for line in lines if line and not line.startswith("#"))
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), words


def fold(text: str) -> str:
    """Full width, upper case, traditional characters, emoji and control characters brought to one plain form.

    Example: ``"我要借《紅樓夢》👍"`` becomes ``"我要借《红楼梦》好的"``.
    """
    for emoji, words in _EMOJI.items():
        text = text.replace(emoji, words)
    text = unicodedata.normalize("NFKC", text).lower().translate(_simplified())
    kept = (" " if character.isspace() else character for character in text)
    return "".join(c for c in kept if unicodedata.category(c) not in _NOT_SAID).strip()


def bare(text: str) -> str:
    """The folded text without punctuation and spaces: two messages equal here say the same."""
    return re.sub(r"[\W_]+", "", fold(text))


@lru_cache(maxsize=1)
def _syllables() -> "dict[str, str]":
    lines = (_WORDS / "syllables.txt").read_text(encoding="utf-8").splitlines()
    rows = (line.split(" ", 1) for line in lines if not line.startswith("#"))
    return {character: _alike(syllable) for syllable, characters in rows for character in characters}


def _alike(syllable: str) -> str:
    """Syllables that a dialect speaker or a speech recogniser confuses become one: zh/z, ch/c, sh/s, n/l,
    -ng/-n."""
    if syllable[:2] in {"zh", "ch", "sh"}:
        syllable = syllable[0] + syllable[2:]
    if syllable[0] == "n" and len(syllable) > 1:
        syllable = "l" + syllable[1:]
    return syllable[:-1] if syllable.endswith("ng") else syllable


def sounds(features_text: str) -> "list[str]":
    """How a text from `for_features` sounds, a folded syllable a character; 取书吗 and 取书码 sound the
    same."""
    return [_syllables().get(character, character) for character in features_text if not character.isspace()]


def _replaced(text: str, pattern: "re.Pattern[str]", words: "dict[str, str]") -> str:
    return pattern.sub(lambda found: words[found.group()], text)


def number_alone(text: str) -> "int | None":
    """The number that a message is when it is nothing else: ``"２。"`` is 2. An ISBN is none."""
    said = fold(text).strip(" .。,，!！?？、")
    return int(said) if re.fullmatch(r"[0-9]{1,8}", said) else None


def _without_fillers(text: str) -> str:
    """Without hesitation, politeness and forms of address, if anything is said besides."""
    rest = _FILLER.sub(" ", _FILLER.sub(" ", text))
    return rest if len(_NOT_WORDS.sub("", rest)) >= _LEAST_SAID else text


def for_features(text: str) -> str:
    """The words that features are computed from: at most ``FEATURE_CHARACTERS``, titles and long numbers
    masked, what is said again and again said once.

    Example: ``"侬帮我寻寻《还书》，好伐"`` becomes ``"你帮我找找看《书》 好吗"``.
    """
    text = _CODE.sub(f" {CODE} ", fold(text[: 4 * FEATURE_CHARACTERS])[:FEATURE_CHARACTERS])
    text = _TITLE_MARKS.sub(TITLE, text)
    text = _ISBN.sub(ISBN, text)
    text = _replaced(_without_fillers(text), *_famous())
    text = _SHORT_NUMBER.sub("2", _LONG_NUMBER.sub(LONG_NUMBER, text))
    text = _ORDINAL.sub(lambda found: "第二" if "第" in found.group() else "二", text)
    text = _replaced(text, *_dialect())
    text = " ".join(clause for clause, _ in groupby(_NOT_WORDS.sub(" ", text).split()))
    return _REPEATED.sub(r"\1\1", text)[:FEATURE_CHARACTERS].strip()
