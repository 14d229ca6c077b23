"""Finding a locker or branch: by list, by distance, by what a sentence calls it."""

import pytest
from pypinyin import lazy_pinyin

from lending.errors import Code, LendingError
from lending.orders.model import Method
from lending.pickup.model import PointKind
from lending.pickup.places import Named, PlaceNames
from lending.pickup.points import Points, distance_km
from lending.storage import pickup
from lending.storage.base import Database
from tests.lending.house import House

PLACES = [
    Named("L1", "locker", ("湖东邻里中心自助柜",), "苏州工业园区万盛街8号"),
    Named("L2", "locker", ("狮山天街自助柜",), "苏州高新区狮山路28号"),
    Named("L3", "locker", ("吴江松陵公园自助柜", "松陵柜"), "吴江区中山南路1988号"),
    Named("L4", "locker", ("相城大悦春风里自助柜",), "相城区相城大道789号"),
    Named("B1", "branch", ("苏州图书馆总馆", "苏图"), "姑苏区人民路918号"),
    Named("B2", "branch", ("园区图书馆分馆", "独墅湖分馆"), "苏州工业园区文景路258号"),
    Named("B3", "branch", ("吴中分馆",), "吴中区越溪街道苏街198号"),
]


def fold(text: str) -> str:
    """Width, case and a few traditional characters."""
    return text.casefold().translate(str.maketrans("東鄰裡館園區櫃獅", "东邻里馆园区柜狮"))


def sound(text: str) -> str:
    return " ".join(lazy_pinyin(text))


@pytest.fixture(scope="module")
def names() -> PlaceNames:
    return PlaceNames(PLACES, fold, sound)


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("湖东", ["L1"]),
        ("送到湖东邻里中心吧", ["L1"]),
        ("邻里中心", ["L1"]),
        ("湖東鄰里中心", ["L1"]),
        ("换成狮山天街那个柜子", ["L2"]),
        ("狮山路", ["L2"]),
        ("万盛街8号", ["L1"]),
        ("总馆", ["B1"]),
        ("去苏图拿", ["B1"]),
        ("我去总馆自己取", ["B1"]),
        ("独墅湖分馆", ["B2"]),
        ("园区的柜子", ["L1"]),
        ("园区的分馆", ["B2"]),
        ("吴江的柜子", ["L3"]),
        ("送到松陵柜", ["L3"]),
        ("吴中", ["B3"]),
        ("大悦", ["L4"]),
        ("胡冬林里中心", ["L1"]),
        ("hudong", ["L1"]),
        ("shishan tianjie", ["L2"]),
        ("人民路", ["B1"]),
        ("相城的柜子", ["L4"]),
        ("独墅湖的柜子", ["B2"]),
    ],
)
def test_a_sentence_names_a_place(names: PlaceNames, sentence: str, found: list[str]) -> None:
    assert names.spot(sentence) == found


def test_a_kind_of_place_in_general_is_every_place_of_it(names: PlaceNames) -> None:
    assert names.spot("去分馆拿") == ["B1", "B2", "B3"]
    assert names.spot("那个图书馆分馆") == ["B1", "B2", "B3"]
    assert set(names.spot("哪个柜子都行")) == {"L1", "L2", "L3", "L4"}


@pytest.mark.parametrize(
    "sentence", ["", "好的", "第二个", "苏州", "我想借三体", "。。。", "送到家里", "12", "😀", "a" * 2000]
)
def test_a_sentence_without_a_place_names_none(names: PlaceNames, sentence: str) -> None:
    assert names.spot(sentence) == []


def test_no_places_no_names() -> None:
    assert PlaceNames([], fold, sound).spot("湖东") == []


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def test_points_tell_where_and_when(house: House) -> None:
    points = {point.id: point for point in house.points.all()}
    assert list(points) == ["L1", "L2", "B1", "B2"]
    assert (points["L1"].kind, points["L1"].free_cells, points["L1"].open_hours) == (
        PointKind.LOCKER,
        3,
        "06:30–22:30",
    )
    assert (points["B1"].free_cells, points["B1"].open_hours) == (None, "周二–周日 09:00–20:00")
    assert [point.id for point in house.points.all("branch")] == ["B1", "B2"]
    with pytest.raises(LendingError) as refusal:
        house.points.get("nowhere")
    assert refusal.value.code is Code.UNKNOWN_POINT


def test_the_nearest_usable_lockers_come_first(house: House) -> None:
    near = house.points.near(31.3171, 120.7201)
    assert [point.id for point in near] == ["L1", "L2"]
    assert near[0].distance_km == pytest.approx(0.015, abs=0.01)
    assert near[1].distance_km == pytest.approx(15.4, abs=0.3)
    house.close_point("L1")
    assert [point.id for point in house.points.near(31.3171, 120.7201)] == ["L2"]
    assert [point.id for point in house.points.near(31.3171, 120.7201, kind=None, limit=2)] == ["B2", "B1"]


def test_a_full_locker_is_not_near(house: House) -> None:
    for key in "abc":
        house.lockers.reserve("L1", key)
    assert [point.id for point in house.points.near(31.3171, 120.7201)] == ["L2"]
    assert house.points.get("L1").usable is False


def test_distance_is_a_quarter_of_the_earth_from_pole_to_equator() -> None:
    assert distance_km(90, 0, 0, 0) == pytest.approx(10007.5, abs=1)
    assert distance_km(31.3, 120.6, 31.3, 120.6) == 0


def test_parcels_on_their_way_take_a_cell_already(house: House) -> None:
    reader = house.reader()
    number = house.order(reader, *[house.title(f"书{count}") for count in range(6)]).order.number
    assert house.points.get("L1").free_cells == 1
    house.orders.cancel(reader, number)
    assert house.points.get("L1").free_cells == 3


def test_names_follow_the_directory(house: House) -> None:
    points = Points(house.database, house.lockers, fold, sound)
    assert [point.id for point in points.named("送到湖东邻里中心自助柜")] == ["L1"]
    assert [point.id for point in points.named("去一下老柜子")] == ["L1", "L2"]
    with house.database.begin() as conn:
        place = {"name": "狮山天街自助柜", "address": "狮山路28号", "hours": "24h", "aliases": "老柜子; 天街"}
        pickup.put_locker(conn, {"id": "L2", "latitude": 31.2, "longitude": 120.5} | place)
    found = points.named("去一下老柜子")
    assert [(point.id, point.free_cells) for point in found] == [("L2", 3)]


def test_the_place_used_last_is_remembered(house: House) -> None:
    reader = house.reader()
    assert house.points.last_used(reader.id) is None
    house.order(reader, house.title("活着"), to="L2")
    house.order(reader, house.title("三体"), method=Method.HOME, to=house.address(reader))
    last = house.points.last_used(reader.id)
    assert last is not None
    assert last.id == "L2"
