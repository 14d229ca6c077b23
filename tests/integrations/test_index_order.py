"""What may stand beside a good hit."""

from pathlib import Path

import pytest

from integrations.search.tantivy_index import TantivyIndex
from lending.ports import IndexedTitle

BOOKS = (
    IndexedTitle(1, "活着", "余华"),
    IndexedTitle(2, "许三观卖血记", "余华"),
    IndexedTitle(3, "鱼翅与花椒", "扶霞·邓洛普", subjects="美食；烹饪"),
    IndexedTitle(4, "黑客与画家", "保罗·格雷厄姆", subjects="计算机"),
    IndexedTitle(5, "崔玉涛图解家庭育儿", "崔玉涛", subjects="健康；育儿"),
    IndexedTitle(6, "新概念英语 2", "L.G.亚历山大", subjects="英语学习"),
    IndexedTitle(7, "三毛流浪记", "张乐平"),
    IndexedTitle(8, "撒哈拉的故事", "三毛"),
)
"""3 and 4 sound a little like 余华, 6 like 育儿."""


@pytest.mark.parametrize(
    ("text", "found"),
    [("余华", {1, 2}), ("余华的书", {1, 2}), ("育儿", {5}), ("有没有育儿的书", {5}), ("三毛", {7, 8})],
)
def test_what_only_sounds_alike_does_not_follow_what_is_plainly_said(
    tmp_path: Path, text: str, found: set[int]
) -> None:
    index = TantivyIndex(tmp_path)
    index.rebuild(BOOKS)
    answer = index.search(text)
    assert ({hit.title_id for hit in answer.hits}, answer.total) == (found, len(found))
