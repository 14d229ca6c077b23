"""Reading the files that libraries bring: tables and MARC records, good and bad."""

import gzip
from pathlib import Path
from typing import Any

import pymarc
import pytest
from pymarc import Field, Indicators, Subfield

from integrations.imports.model import BadRecord, ImportRefused
from integrations.imports.titles import TitleFile
from lending.catalogue.facts import TitleFacts


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def good(path: Path, encoding: str | None = None) -> list[TitleFacts]:
    """The titles of a file without bad records."""
    found = list(TitleFile(path, encoding))
    assert not [record for record in found if isinstance(record, BadRecord)]
    return [record for record in found if isinstance(record, TitleFacts)]


def bad(path: Path) -> list[tuple[int, str]]:
    """Numbers and reasons of the bad records."""
    return [(record.number, record.reason) for record in TitleFile(path) if isinstance(record, BadRecord)]


def add(record: pymarc.Record, field: Field) -> None:
    record.add_field(field)  # type: ignore[no-untyped-call]


def marc(fields: list[tuple[str, str, dict[str, str]]], encoding: str = "utf-8", fixed: str = "") -> bytes:
    """One record in ISO 2709; each field is tag, indicators, subfields."""
    record = pymarc.Record()
    if fixed:
        add(record, Field(tag="008", data=fixed))
    for tag, indicators, subfields in fields:
        parts = [Subfield(code=code[0], value=value) for code, value in subfields.items()]
        add(record, Field(tag=tag, indicators=Indicators(*indicators), subfields=parts))
    if encoding == "utf-8":
        return bytes(record.as_marc())
    return _transcoded(record, encoding)


def _transcoded(record: pymarc.Record, encoding: str) -> bytes:
    """As `as_marc` does, in an encoding that it does not know."""
    directory, data = b"", b""
    for one in record.fields:
        body = (one.data or "") if one.is_control_field() else _body(one)
        packed = body.encode(encoding) + b"\x1e"
        directory += f"{one.tag}{len(packed):04d}{len(data):05d}".encode()
        data += packed
    base = 24 + len(directory) + 1
    leader = f"{base + len(data) + 1:05d}nam0 22{base:05d}   450 ".encode()
    return leader + directory + b"\x1e" + data + b"\x1d"


def _body(field: Field) -> str:
    return "".join(field.indicators or ()) + "".join(
        f"\x1f{part.code}{part.value}" for part in field.subfields
    )


CNMARC: list[tuple[str, str, dict[str, str]]] = [
    ("010", "  ", {"a": "978-7-5063-6543-7", "d": "CNY20.00"}),
    ("100", "  ", {"a": "20120808d2012    em y0chiy50      ea"}),
    ("101", "0 ", {"a": "chi"}),
    ("106", "  ", {"a": "d"}),
    ("200", "1 ", {"a": "活着", "e": "长篇小说", "f": "余华著"}),
    ("210", "  ", {"a": "北京", "c": "作家出版社", "d": "2012.8"}),
    ("330", "  ", {"a": "福贵的一生。"}),
    ("606", "0 ", {"a": "长篇小说", "x": "中国", "y": "当代"}),
    ("690", "  ", {"a": "I247.5"}),
    ("905", "  ", {"a": "SZL", "d": "I247.5", "e": "Y842"}),
]
MARC21: list[tuple[str, str, dict[str, str]]] = [
    ("020", "  ", {"a": "7506365434X (pbk.)".replace("4X", "X")}),
    ("100", "1 ", {"a": "Fitzgerald, F. Scott,"}),
    ("245", "14", {"a": "The great Gatsby :", "b": "a novel /", "c": "F. Scott Fitzgerald."}),
    ("264", " 1", {"a": "New York :", "b": "Scribner,", "c": "[2004]"}),
    ("650", " 0", {"a": "Rich people", "x": "Fiction."}),
    ("090", "  ", {"a": "PS3511"}),
]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_cnmarc(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "books.iso"
    file.write_bytes(marc(CNMARC, encoding) + b"\r\n" + marc(CNMARC, encoding))
    first, second = good(file)
    assert first.isbn13 == "9787506365437"
    assert dict(first.values) == {
        "title": "活着: 长篇小说",
        "author": "余华著",
        "publisher": "作家出版社",
        "year": "2012",
        "subjects": "长篇小说--中国",
        "call_number": "I247.5/Y842",
        "summary": "福贵的一生。",
        "language": "chi",
        "large_print": True,
        "children": False,
    }
    assert (second.number, second.key) == (2, first.key)


def test_marc21(tmp_path: Path) -> None:
    file = tmp_path / "books.mrc"
    file.write_bytes(marc(MARC21, fixed="040101s2004    nyu    jd     000 1 eng  "))
    (facts,) = good(file)
    assert facts.isbn13 == "9787506365437"
    assert facts.values["title"] == "The great Gatsby: a novel"
    assert facts.values["author"] == "Fitzgerald, F. Scott"
    assert (facts.values["publisher"], facts.values["year"]) == ("Scribner", "2004")
    assert (facts.values["children"], facts.values["large_print"]) == (True, True)
    assert (facts.values["subjects"], facts.values["call_number"]) == ("Rich people--Fiction", "PS3511")


def test_one_broken_marc_record_spoils_only_itself(tmp_path: Path) -> None:
    file = tmp_path / "books.mrc"
    whole = marc(CNMARC)
    file.write_bytes(b"".join([whole, b"99" + whole[2:], whole[:40] + b"\x1d", whole, whole[:60]]))
    numbers = [number for number, _ in bad(file)]
    assert numbers == [2, 3, 5]
    assert len([record for record in TitleFile(file) if isinstance(record, TitleFacts)]) == 2


def test_a_marc_record_without_a_title_is_bad(tmp_path: Path) -> None:
    file = tmp_path / "books.mrc"
    file.write_bytes(marc([field for field in CNMARC if field[0] != "200"]))
    assert bad(file) == [(1, "has no title")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_tables_in_chinese(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = (
        [
            "书名",
            "责任者",
            "出版年",
            "ISBN",
            "主题",
            "索书号",
            "简介",
            "大字版",
            "少儿",
            "本馆备注",
        ],
        ["活着", "余华", "2012", "978-7-5063-6543-7", "小说", "I247.5", "福贵", "是", "", "x"],
    )
    file = write(tmp_path / "books.csv", "\r\n".join(delimiter.join(line) for line in lines), encoding)
    (facts,) = good(file)
    assert (facts.number, facts.isbn13, facts.key) == (1, "9787506365437", "isbn:9787506365437")
    assert facts.values["title"] == "活着"
    assert (facts.values["large_print"], facts.values["children"]) == (True, False)
    assert "adult_only" not in facts.values, "a column that is not there says nothing"


def test_a_gzipped_table_with_quotation_marks(tmp_path: Path) -> None:
    file = tmp_path / "books.tsv.gz"
    file.write_bytes(gzip.compress(b'title\tauthor\n"What?" and Other Essays\tG. A.\n"unclosed\tB\n'))
    assert [facts.values["title"] for facts in good(file)] == ['"What?" and Other Essays', '"unclosed']


def test_quoted_fields_of_a_csv(tmp_path: Path) -> None:
    file = write(tmp_path / "books.csv", 'title,author\n"Surely, You\'re ""Joking""","Feynman,\nRichard"\n')
    (facts,) = good(file)
    assert facts.values["title"] == 'Surely, You\'re "Joking"'


def test_bad_rows_are_named_by_number_and_reason(tmp_path: Path) -> None:
    rows = [
        "title,author,isbn,large_print",
        "活着,余华,9787506365437,0",
        ",无名,,",
        "三体,刘慈欣,9787536692931,",
    ]
    rows += ["一,二,,,五", "家,巴金,,maybe", "", "春,巴金,统一书号：10019·1,"]
    file = write(tmp_path / "books.csv", "\n".join(rows))
    assert bad(file) == [
        (2, "has no title"),
        (3, "has an ISBN with a wrong check digit: 9787536692931"),
        (4, "has 5 fields where the header has 4"),
        (5, "'maybe' is neither yes nor no"),
    ]
    assert len([record for record in TitleFile(file) if isinstance(record, TitleFacts)]) == 2


def test_a_line_in_another_encoding_is_bad_alone(tmp_path: Path) -> None:
    file = tmp_path / "books.csv"
    filling = "".join(f"书{number}\n" for number in range(120_000)).encode()
    file.write_bytes(b"title\n" + filling + "乱码".encode("gbk") + b"\n" + "好\n".encode())
    assert bad(file) == [(120_001, "has characters that are not utf-8")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (gzip.compress(b""), "is empty"),
        (b"\x1f\x8bnot gzip", "is a damaged gzip file"),
        ("姓名,电话\n王,1".encode(), "has no column title"),
        (b"title,isbn,title\na,b,c", "has more than one column for title"),
        (b"\xff\xfa\x00\x81\xff\xff\xff", "tell its encoding with --encoding"),
    ],
)
def test_a_wrong_file_is_one_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "books.csv"
    file.write_bytes(content)
    with pytest.raises(ImportRefused, match=says) as refusal:
        TitleFile(file)
    assert "\n" not in str(refusal.value)


def test_files_and_encodings_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="There is no file"):
        TitleFile(tmp_path / "none.csv")
    with pytest.raises(ImportRefused, match="cannot be read"):
        TitleFile(tmp_path)
    file = write(tmp_path / "books.csv", "title\n书")
    with pytest.raises(ImportRefused, match="There is no encoding called 'klingon'"):
        TitleFile(file, "klingon")
    with pytest.raises(ImportRefused, match="is not written in ascii"):
        TitleFile(file, "ascii")


def test_the_encoding_told_is_used(tmp_path: Path) -> None:
    file = write(tmp_path / "books.csv", "title\n臺灣", "big5")
    values: Any = good(file, "big5")[0].values
    assert values["title"] == "臺灣"
