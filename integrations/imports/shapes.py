"""The tables of copies, readers, branches and lockers: what their columns may be called."""

from integrations.imports.tables import TableShape

COPIES = TableShape(
    what="copies",
    aliases={
        "barcode": ("条码", "条码号", "条形码"),
        "isbn": ("isbn13", "isbn号"),
        "title_key": ("title_id", "题名键"),
        "title": ("题名", "书名"),
        "author": ("作者", "责任者"),
        "branch": ("branch_id", "分馆", "馆藏地"),
        "stack": ("开闭架", "书库"),
        "shelf_mark": ("call_number", "索书号", "架位"),
    },
    required=(("barcode",), ("isbn", "title_key", "title"), ("branch",)),
)

READERS = TableShape(
    what="readers",
    aliases={
        "card": ("读者证号", "证号", "借书证号"),
        "kind": ("读者类型", "类型"),
        "name": ("姓名",),
        "phone": ("电话", "手机", "手机号"),
        "pin": ("密码",),
        "birth_year": ("出生年", "出生年份"),
        "guardian_card": ("监护人证号",),
    },
    required=(("card",), ("name",)),
)

_PLACE = {
    "id": ("编号",),
    "name": ("名称",),
    "address": ("地址",),
    "latitude": ("纬度", "lat"),
    "longitude": ("经度", "lng", "lon"),
    "hours": ("开放时间",),
    "aliases": ("别名",),
}
_PLACE_REQUIRED = (("id",), ("name",), ("address",), ("latitude",), ("longitude",), ("hours",))

BRANCHES = TableShape("branches", {**_PLACE, "phone": ("电话",)}, _PLACE_REQUIRED)
LOCKERS = TableShape(
    "lockers",
    {**_PLACE, "cells": ("格口数", "格口"), "low_cells": ("低位格口", "低格口")},
    (*_PLACE_REQUIRED, ("cells",)),
)
