"""The contract of `CatalogueIndex`, for tantivy and for the fake; then what only tantivy hears."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from integrations.search.tantivy_index import TantivyIndex
from integrations.search.tantivy_index.documents import VERSION
from lending.ports import CatalogueIndex, IndexedTitle, Match
from tests.fakes.catalogue_index import InMemoryIndex

BOOKS = (
    IndexedTitle(1, "活着", "余华", "作家出版社", isbn13="9787506365437", available=1, branches=("main",)),
    IndexedTitle(2, "许三观卖血记", "余华", isbn13="9787506365680", branches=("east",)),
    IndexedTitle(3, "三体", "刘慈欣", isbn13="9787536692930", subjects="科幻小说", available=2),
    IndexedTitle(4, "三体Ⅱ：黑暗森林", "刘慈欣", subjects="科幻小说"),
    IndexedTitle(5, "平凡的世界", "路遥", large_print=True, available=1),
    IndexedTitle(6, "围城", "钱锺书"),
    IndexedTitle(7, "家", "巴金"),
    IndexedTitle(8, "1984", "[英] 乔治·奥威尔 著；董乐山 译"),
    IndexedTitle(9, "百年孤独", "加西亚·马尔克斯"),
    IndexedTitle(10, "解忧杂货店", "东野圭吾"),
    IndexedTitle(11, "小王子", "圣埃克苏佩里", children=True, available=3),
    IndexedTitle(12, "金瓶梅", "兰陵笑笑生", adult_only=True),
    IndexedTitle(13, "The Great Gatsby", "F. Scott Fitzgerald"),
    IndexedTitle(14, "怎么办", "车尔尼雪夫斯基"),
    IndexedTitle(15, "外星人的故事", "王明"),
    IndexedTitle(16, "红楼梦", "曹雪芹"),
    IndexedTitle(17, "世界通史", "斯塔夫里阿诺斯"),
    IndexedTitle(18, "看见", "柴静"),
)
Make = Callable[[], CatalogueIndex]


@pytest.fixture(params=["tantivy", "fake"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes an empty index of each kind."""
    return InMemoryIndex if request.param == "fake" else lambda: TantivyIndex(tmp_path / "index")


@pytest.fixture
def index(make: Make) -> CatalogueIndex:
    filled = make()
    filled.rebuild(BOOKS)
    return filled


@pytest.fixture(scope="module")
def tantivy(tmp_path_factory: pytest.TempPathFactory) -> TantivyIndex:
    filled = TantivyIndex(tmp_path_factory.mktemp("index"))
    filled.rebuild(BOOKS)
    return filled


def first(index: CatalogueIndex, text: str) -> tuple[int, Match]:
    """The best hit."""
    hits = index.search(text).hits
    assert hits, f"{text} finds nothing"
    return hits[0].title_id, hits[0].match


# --- the contract ---


def test_an_index_that_was_never_filled_finds_nothing(make: Make) -> None:
    empty = make()
    assert (empty.count(), empty.search("三体").hits, empty.spot("三体").kind) == (0, (), "none")


@pytest.mark.parametrize(
    ("text", "title_id", "match"),
    [
        ("活着", 1, Match.EXACT_TITLE),
        ("家", 7, Match.EXACT_TITLE),
        ("1984", 8, Match.EXACT_TITLE),
        ("余华活着", 1, Match.AUTHOR_TITLE),
        ("活着 余华", 1, Match.AUTHOR_TITLE),
        ("978-7-5366-9293-0", 3, Match.ISBN),
        ("7-5063-6543-X", 1, Match.ISBN),
        ("平凡的世", 5, Match.TITLE),
    ],
)
def test_found(index: CatalogueIndex, text: str, title_id: int, match: Match) -> None:
    assert first(index, text) == (title_id, match)


def test_an_author_gives_all_the_books(index: CatalogueIndex) -> None:
    answer = index.search("余华")
    assert {hit.title_id for hit in answer.hits} == {1, 2}
    assert {hit.match for hit in answer.hits} == {Match.AUTHOR}


def test_a_subject_gives_its_books(index: CatalogueIndex) -> None:
    assert {hit.title_id for hit in index.search("科幻小说").hits} == {3, 4}


def test_filters(index: CatalogueIndex) -> None:
    assert [hit.title_id for hit in index.search("余华", available_now=True).hits] == [1]
    assert [hit.title_id for hit in index.search("余华", branch_id="east").hits] == [2]
    assert [hit.title_id for hit in index.search("平凡的世界", large_print=True).hits] == [5]
    assert index.search("活着", large_print=True).hits == ()
    assert [hit.title_id for hit in index.search("小王子", children=True).hits] == [11]
    assert [hit.title_id for hit in index.search("金瓶梅").hits] == [12]
    assert index.search("金瓶梅", include_adult=False).hits == ()


def test_at_most_the_limit_comes_back_but_all_are_counted(index: CatalogueIndex) -> None:
    answer = index.search("余华", limit=1)
    assert (len(answer.hits), answer.total) == (1, 2)


def test_extending_adds_and_replaces(index: CatalogueIndex) -> None:
    assert index.extend([IndexedTitle(1, "活着（新版）", "余华"), IndexedTitle(99, "文城", "余华")]) == 2
    assert index.count() == len(BOOKS) + 1
    assert first(index, "文城") == (99, Match.EXACT_TITLE)
    assert {hit.title_id for hit in index.search("余华").hits} == {1, 2, 99}


def test_rebuilding_forgets_what_is_gone(index: CatalogueIndex) -> None:
    assert index.rebuild(BOOKS[:2]) == 2
    assert (index.count(), index.search("三体").hits) == (2, ())


@pytest.mark.parametrize(
    "text", ["", "   ", "。？！", "😀", "\x00\x01", "a" * 5000, "的" * 2000, "《》", "'():*^"]
)
def test_any_text_may_come(index: CatalogueIndex, text: str) -> None:
    assert index.search(text).confidence < 0.6
    assert index.spot(text).kind == "none"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("活着", "title", "活着"),
        ("余华", "author", "余华"),
        ("9787506365437", "isbn", "9787506365437"),
        ("天气", "none", ""),
    ],
)
def test_spotting_a_whole_message(index: CatalogueIndex, text: str, kind: str, value: str) -> None:
    spotted = index.spot(text)
    assert (spotted.kind, spotted.value, spotted.whole) == (kind, value, kind != "none")


# --- what tantivy hears ---


@pytest.mark.parametrize(
    ("text", "title_id"),
    [
        ("三體", 3),
        ("圍城 錢鍾書", 6),
        ("１９８４", 8),
        ("一九八四", 8),
        ("奥威尔的1984", 8),
        ("pingfandeshijie", 5),
        ("ping fan de shi jie", 5),
        ("pinfandesijie", 5),
        ("pfdsj", 5),
        ("huozhe", 1),
        ("yuhua huozhe", 1),
        ("平凡的世届", 5),
        ("平凡得世界", 5),
        ("平帆的世界", 5),
        ("平的世界", 5),
        ("平凡凡的世界", 5),
        ("百年X独", 9),
        ("红X梦", 16),
        ("解优杂货店", 10),
        ("于滑雪的活镇", 1),
        ("余华写的活着有没有", 1),
        ("我想借那本讲外星人的三体可以吗", 3),
        ("有没有马尔克斯的百年孤独", 9),
        ("东野硅吾的解忧杂货店", 10),
        ("我妈想看曹雪芹那本红楼梦", 16),
        ("给孩子借本小王子", 11),
        ("有没有家这本书", 7),
        ("我想借《家》", 7),
        ("巴金的家", 7),
        ("the great gatsby", 13),
        ("great gatsbi", 13),
        ("do you have The Great Gatsby?", 13),
        ("微城", 6),
        ("ISBN 750636543X 有吗", 1),
    ],
)
def test_found_however_it_is_said(tantivy: TantivyIndex, text: str, title_id: int) -> None:
    assert first(tantivy, text)[0] == title_id


@pytest.mark.parametrize(
    "text",
    [
        *(
            "活着",
            "三體",
            "有没有三体",
            "余华",
            "余华写的活着有没有",
            "于滑雪的活镇",
            "pingfandeshijie",
            "《围城》还有吗",
        ),
        *(
            "我想借那本讲外星人的三体可以吗",
            "9787506365437",
            "有没有家这本书",
            "平凡的世届",
            "有没有红搂梦",
            "《围城》还有吗",
        ),
    ],
)
def test_sure_of_a_search(tantivy: TantivyIndex, text: str) -> None:
    assert tantivy.search(text).confidence >= 0.6


@pytest.mark.parametrize(
    "text",
    [
        *(
            "今天天气怎么样",
            "你好",
            "谢谢",
            "怎么续借",
            "你们几点关门",
            "我的书到哪了",
            "我想借书",
            "取书码是多少",
            "人工",
        ),
        *(
            "你是谁",
            "讲个笑话",
            "能借几本",
            "第二本",
            "附近有柜子吗",
            "这个柜子满了怎么办",
            "我要投诉",
            "hello",
            "12345",
        ),
    ],
)
def test_talk_and_service_questions_are_no_search(tantivy: TantivyIndex, text: str) -> None:
    assert tantivy.search(text).confidence < 0.3


def test_a_one_character_title_is_not_found_in_every_sentence(tantivy: TantivyIndex) -> None:
    assert 7 not in {hit.title_id for hit in tantivy.search("我在家里等快递").hits}


def test_an_everyday_word_that_is_a_title_is_reported_doubtfully(tantivy: TantivyIndex) -> None:
    assert tantivy.spot("怎么办") == tantivy.spot("怎么办")
    assert (tantivy.spot("怎么办").value, tantivy.spot("怎么办").confidence) == ("怎么办", 0.5)
    assert tantivy.spot("有没有怎么办这本书").confidence == 1.0
    assert tantivy.search("怎么办").confidence < 0.6


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("有没有三体这本书", "title", "三体"),
        ("请帮我找一下围城，谢谢", "title", "围城"),
        ("看见", "title", "看见"),
        ("余华的书", "author", "余华"),
        ("有没有马尔克斯的小说", "author", "马尔克斯"),
        ("我想借《月亮和六便士》", "title", "月亮和六便士"),
        ("pingfandeshijie", "title", "平凡的世界"),
        ("978-7-5366-9293-0 这本", "isbn", "9787536692930"),
        ("我在家", "none", ""),
        ("还书", "none", ""),
    ],
)
def test_spotting_behind_politeness(tantivy: TantivyIndex, text: str, kind: str, value: str) -> None:
    spotted = tantivy.spot(text)
    assert (spotted.kind, spotted.value) == (kind, value)


def test_exact_title_before_author_before_part_of_a_title(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path)
    index.rebuild(
        [
            IndexedTitle(1, "鲁迅全集", "许广平"),
            IndexedTitle(2, "呐喊", "鲁迅"),
            IndexedTitle(3, "鲁迅", "林非"),
        ]
    )
    assert [hit.title_id for hit in index.search("鲁迅").hits] == [3, 2, 1]
    assert next(hit.title_id for hit in index.search("鲁迅的书").hits) == 2


# --- several processes ---


def test_another_opener_sees_commits_and_rebuilds(tmp_path: Path) -> None:
    writer, reader = TantivyIndex(tmp_path), TantivyIndex(tmp_path)
    assert reader.count() == 0
    writer.rebuild(BOOKS[:3])
    assert reader.count() == 3
    writer.extend([IndexedTitle(50, "文城", "余华")])
    assert reader.search("文城").hits[0].title_id == 50
    writer.rebuild(BOOKS[:1])
    assert reader.count() == 1
    reader.extend(BOOKS[1:2])
    assert writer.count() == 2


def test_search_never_finds_nothing_while_rebuilding(tmp_path: Path) -> None:
    writer, reader = TantivyIndex(tmp_path), TantivyIndex(tmp_path)
    writer.rebuild(BOOKS)
    done, empty = threading.Event(), []

    def look() -> None:
        while not done.is_set():
            if not reader.search("三体").hits:
                empty.append(1)

    looking = threading.Thread(target=look)
    looking.start()
    for _ in range(5):
        writer.rebuild(BOOKS)
    done.set()
    looking.join()
    assert empty == []
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) <= 2, "old generations are swept"


def test_a_failed_rebuild_leaves_the_index_as_it_was(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path)
    index.rebuild(BOOKS)

    def broken() -> object:
        yield BOOKS[0]
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="went away"):
        index.rebuild(broken())  # type: ignore[arg-type]
    assert index.count() == len(BOOKS)
    with pytest.raises(RuntimeError, match="went away"):
        index.extend(broken())  # type: ignore[arg-type]
    assert index.count() == len(BOOKS)


def test_an_index_of_another_format_counts_as_none(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path)
    index.rebuild(BOOKS)
    name = (tmp_path / "CURRENT").read_text()
    (tmp_path / "CURRENT").write_text(name.replace(f"v{VERSION}-", "v1-"))
    assert TantivyIndex(tmp_path).count() == 0
    index = TantivyIndex(tmp_path)
    index.rebuild(BOOKS)
    assert index.count() == len(BOOKS)
