"""Family names: enough of a name to be polite, too little to know somebody by."""

import re
import unicodedata

_COMPOUND = frozenset(
    re.findall(
        "..",
        "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶"
        "太叔申屠公孙慕容仲孙钟离长孙宇文司徒鲜于司空闾丘子车亓官司寇巫马公西颛孙壤驷公良"
        "漆雕乐正宰父谷梁拓跋夹谷轩辕令狐段干百里呼延东郭南门羊舌微生梁丘左丘东门西门第五",
    )
)


def surname(name: str) -> str:
    """The family name: one character or a compound one; of a name in letters or with “·” the first part."""
    name = unicodedata.normalize("NFKC", name).strip()
    if not name:
        return ""
    if "·" in name or not _is_han(name[0]):
        return name.replace("·", " ").split()[0][:20]
    return name[:2] if len(name) > 2 and name[:2] in _COMPOUND else name[0]


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or character >= "\U00020000"
