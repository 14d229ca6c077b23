"""One reply of each kind, as the library really words them."""

from datetime import UTC, datetime, timedelta
from typing import Any

Reply = dict[str, Any]

NOW = datetime.now(UTC).replace(hour=14, minute=30, second=0, microsecond=0)
SOON = (NOW + timedelta(days=3)).isoformat()
TOMORROW = (NOW + timedelta(days=1)).isoformat()
LATE = (NOW - timedelta(days=4)).isoformat()
NEXT_MONTH = (NOW + timedelta(days=26)).isoformat()

POINT = {
    "id": "hudong", "kind": "locker", "name": "湖东邻里中心自助柜",
    "address": "工业园区现代大道 88 号一楼北门", "distance_km": 1.2,
    "open_hours": "06:30–22:30", "free_cells": 14,
}  # fmt: skip
FAR = {
    "id": "shishan", "kind": "locker", "name": "狮山文化广场自助柜",
    "address": "高新区狮山路 28 号", "distance_km": 11.8, "open_hours": "24 小时", "free_cells": 3,
}  # fmt: skip
BRANCH = {
    "id": "gusu", "kind": "branch", "name": "姑苏分馆", "address": "姑苏区人民路 858 号", "distance_km": 7.4,
    "open_hours": "周二至周日 09:00–20:00",
}  # fmt: skip
PLACES = [POINT, FAR, BRANCH]


def book(number: int, title: str, author: str, publisher: str, year: str, available: int) -> Reply:
    return {
        "id": str(number), "title": title, "author": author, "publisher": publisher, "year": year,
        "available": available,
    }  # fmt: skip


FIVE = [
    book(11, "三体", "刘慈欣", "重庆出版社", "2008", 3),
    book(12, "三体Ⅱ：黑暗森林", "刘慈欣", "重庆出版社", "2008", 2),
    book(13, "三体Ⅲ：死神永生", "刘慈欣", "重庆出版社", "2010", 0),
    book(14, "三体中的物理学", "李淼", "四川科学技术出版社", "2015", 1),
    book(
        15,
        "刘慈欣谈科幻：从《三体》到星空，一个工程师的想象力笔记",
        "刘慈欣",
        "湖北科学技术出版社",
        "2014",
        1,
    ),
]

BOOKS: Reply = {
    "kind": "books",
    "text": "找到 12 种，先看这 5 种：\n"
    + "\n".join(f"{n}. 《{b['title']}》{b['author']}" for n, b in enumerate(FIVE, 1)),
    "data": {"total": 12, "books": FIVE},
    "choices": [
        *({"title": b["title"], "payload": f'/select_item{{"title":{b["id"]}}}'} for b in FIVE),
        {"title": "更多", "payload": "/more"},
        {"title": "只看现在能借的", "payload": '/filter_books{"available_now":"yes"}'},
    ],
}
BOOK: Reply = {
    "kind": "book",
    "text": "《活着》现在能借，要借吗？\n余华，作家出版社，2012，在架 4 册\n姑苏分馆：3 册\n园区分馆：1 册",
    "data": book(21, "活着", "余华", "作家出版社", "2012", 4)
    | {
        "isbn": "9787506365437",
        "call_number": "I247.57/8022",
        "summary": "福贵的一生：从富家少爷到与老牛作伴，活着本身就是他的全部力量。",
        "total": 6,
        "waiting": 0,
        "branches": [{"name": "姑苏分馆", "available": 3}, {"name": "园区分馆", "available": 1}],
    },
    "choices": [{"title": "借这本", "payload": "/affirm"}, {"title": "不借", "payload": "/deny"}],
}
BASKET: Reply = {
    "kind": "basket",
    "text": "书单里有 2 本：\n1. 《活着》余华\n2. 《三体》刘慈欣",
    "data": {
        "count": 2,
        "lines": [
            {"id": "21", "title": "活着", "author": "余华"},
            {"id": "11", "title": "三体", "author": "刘慈欣"},
        ],
    },
    "choices": [{"title": "下单", "payload": "/place_order"}, {"title": "清空", "payload": "/clear_basket"}],
}
POINTS: Reply = {
    "kind": "pickup_points",
    "text": "送到哪里取？\n"
    + "\n".join(f"{n}. {p['name']}，{p['address']}" for n, p in enumerate(PLACES, 1)),
    "data": {"points": PLACES},
    "choices": [
        *({"title": p["name"], "payload": f'/choose_point{{"point":"{p["id"]}"}}'} for p in PLACES),
        {"title": "送到家", "payload": "/choose_home"},
    ],
}


def order(state: str, **more: Any) -> Reply:
    return {
        "number": "D20261123-0007", "state": state, "method": "locker", "promised_by": SOON, "fee_fen": 0,
        "lines": [{"title": "活着", "state": "found"}, {"title": "三体", "state": "found"}],
        "pickup_point": POINT,
    } | more  # fmt: skip


DRAFT: Reply = {
    "kind": "order",
    "text": "2 册，最晚周五送到湖东邻里中心自助柜，到柜后保留 3 天，借期 30 天。确认下单吗？\n"
    "1. 《活着》\n2. 《三体》\n取书方式：自助柜，湖东邻里中心自助柜",
    "data": order("draft", number=None),
    "choices": [
        {"title": "确认下单", "payload": "/confirm_order"},
        {"title": "换个地方取", "payload": "/choose_pickup"},
    ],
}
ORDER: Reply = {
    "kind": "order",
    "text": "您的订单正在路上。\n订单 D20261123-0007：正在路上\n1. 《活着》\n2. 《城南旧事》（没能借到）\n"
    "取书方式：自助柜，湖东邻里中心自助柜",
    "data": order(
        "in_transit",
        lines=[
            {"title": "活着", "state": "found"},
            {"title": "城南旧事", "state": "refused", "reason": "not_on_shelf"},
        ],
    ),
    "choices": [{"title": "换个地方取", "payload": "/choose_pickup"}],
}
READY: Reply = {
    "kind": "order",
    "text": "书到了，可以去取了。\n订单 D20261123-0007：已到，可以取书\n1. 《活着》\n2. 《三体》\n"
    "取书码：482913",
    "data": order("available", pickup_code="482913", hold_until=TOMORROW),
    "choices": [{"title": "让家人代取", "payload": "/proxy_code"}],
}
HOME: Reply = {
    "kind": "order",
    "text": "下好了。\n订单 D20261123-0009：已提交\n1. 《活着》\n取书方式：送书上门，工业园区…88号",
    "data": order("placed", method="home", pickup_point=None, address="工业园区…88号", fee_fen=300,
                  number="D20261123-0009", lines=[{"title": "活着", "state": "requested"}]),
}  # fmt: skip
CANCELLED: Reply = {
    "kind": "order",
    "text": "取消好了。\n订单 D20261123-0007：已取消\n1. 《活着》\n2. 《三体》",
    "data": order("cancelled"),
}
ORDERS: Reply = {
    "kind": "orders",
    "text": "您有 2 个订单：\n1. 订单 D20261123-0007：已到，可以取书。《活着》《三体》\n"
    "2. 订单 D20261123-0009：已提交。《活着》",
    "data": {"orders": [READY["data"], HOME["data"]]},
    "choices": [
        {"title": "D20261123-0007《活着》", "payload": '/track_order{"order":"D20261123-0007"}'},
        {"title": "D20261123-0009《活着》", "payload": '/track_order{"order":"D20261123-0009"}'},
    ],
}
LOANS: Reply = {
    "kind": "loans",
    "text": "您借着 4 本：\n1. 《平凡的世界》，已过期\n2. 《围城》，可以续借\n3. 《边城》\n4. 《呐喊》",
    "data": {
        "loans": [
            {"id": 1, "title": "平凡的世界", "due": LATE, "renewable": False, "why_not": "overdue"}
            | {"overdue_days": 4},
            {"id": 2, "title": "围城", "due": TOMORROW, "renewable": True},
            {"id": 3, "title": "边城", "due": NEXT_MONTH, "renewable": False, "why_not": "reserved_by_other"},
            {"id": 4, "title": "呐喊", "due": NEXT_MONTH, "renewable": True},
        ]
    },
    "choices": [
        *(
            {"title": title, "payload": f'/renew_this{{"loan":{n}}}'}
            for n, title in enumerate(("平凡的世界", "围城", "边城", "呐喊"), 1)
        ),
        {"title": "全部续借", "payload": "/renew_loan"},
        {"title": "还书", "payload": "/return_books"},
    ],
}
LINK: Reply = {
    "kind": "link",
    "text": "下单要用读者证，请打开这一页填一下证号和密码，填好我们接着说。\n/forms/abc.def\n"
    "（11月24日 周二 09:10 前有效，只能用一次）",
    "data": {"url": "/forms/abc.def", "expires_at": TOMORROW, "purpose": "bind_card"},
}
NOTICE: Reply = {
    "kind": "notice",
    "text": "您订的《活着》已放进湖东邻里中心自助柜，取书码 482913，请在周五 22:30 前取走。",
    "data": {"notice": "order_available", "number": "D20261123-0007", "code": "482913"},
    "choices": [{"title": "让家人代取", "payload": "/proxy_code"}],
}
SURVEY: Reply = {
    "kind": "survey",
    "text": "第 3/10 题：自助柜的位置，您满意吗？\n1. 满意\n2. 基本满意\n3. 一般\n4. 不满意",
    "data": {"question": {"id": "q3", "text": "自助柜的位置，您满意吗？"}, "index": 3, "total": 10},
    "choices": [
        {"title": word, "payload": f'/answer_survey{{"grade":{n}}}'}
        for n, word in enumerate(("满意", "基本满意", "一般", "不满意"), 1)
    ],
}
STAFF: Reply = {
    "kind": "staff",
    "text": "您好，我是馆员小陈。旧报纸合订本可以到姑苏分馆二楼看，我先帮您找出来。",
}
TEXT: Reply = {
    "kind": "text",
    "text": "这句我没听懂，您是想：",
    "choices": [
        {"title": "找书", "payload": "/search_books"},
        {"title": "看订单", "payload": "/track_order"},
        {"title": "人工", "payload": "/human"},
    ],
}
UNKNOWN: Reply = {"kind": "hologram", "text": "这是一条新版本才有的消息。", "data": {"x": 1}}

EVERY_KIND: dict[str, Reply] = {
    "books": BOOKS, "book": BOOK, "basket": BASKET, "points": POINTS, "draft": DRAFT, "order": ORDER,
    "ready": READY, "home": HOME, "cancelled": CANCELLED, "orders": ORDERS, "loans": LOANS, "link": LINK,
    "notice": NOTICE, "survey": SURVEY, "staff": STAFF, "text": TEXT, "unknown": UNKNOWN,
}  # fmt: skip
"""By a name that a test reader says to get it."""
