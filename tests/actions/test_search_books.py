"""Search, its pages and its filters."""

import pytest

from tests.actions.talking import Conversation


def shown(talk: Conversation) -> list[str]:
    """Titles of the list shown last."""
    return [title.title for title in talk.library.catalogue.titles(talk.slots["shown"])]


def test_several_books_are_listed_and_remembered(talk: Conversation) -> None:
    turn = talk.do("action_search_books", "有没有余华的书")
    assert turn.said in (["utter_books_found"], ["utter_books_found_more"])
    books = turn.data(turn.said[0])["books"]
    assert {book["author"] for book in books} == {"余华"}
    assert [str(title) for title in turn.slots["shown"]] == [book["id"] for book in books]
    assert turn.choices(turn.said[0]) == [f'/select_item{{"title": "{book["id"]}"}}' for book in books]
    assert turn.slots["listing"]["page"] == 1
    assert turn.slots["focus"] is None
    assert turn.awaiting is None
    assert turn.followup == "action_listen"


def test_the_only_book_found_is_offered_at_once(talk: Conversation) -> None:
    turn = talk.do("action_search_books", "乡土中国")
    assert turn.said == ["utter_one_book"]
    title = talk.title_id("乡土中国")
    assert (turn.awaiting, turn.about, turn.slots["focus"]) == ("borrow", {"title": title}, title)


def test_the_only_book_found_is_out(talk: Conversation) -> None:
    title = talk.lend_out("乡土中国")
    turn = talk.do("action_search_books", "乡土中国")
    assert turn.said == ["utter_one_book_out"]
    assert (turn.awaiting, turn.about) == ("reserve", {"title": title})


def test_a_slip_of_the_pen_is_asked_about(talk: Conversation) -> None:
    turn = talk.do("action_search_books", "平反的世界")
    assert turn.said[0].startswith("utter_books_similar")
    assert "平凡的世界" in shown(talk)


@pytest.mark.parametrize("words", ["我想找本书", "借书", "有什么书吗？", "帮我查一下", "有啥书"])
def test_a_search_without_anything_to_search_for_asks(talk: Conversation, words: str) -> None:
    assert talk.do("action_search_books", words).said == ["utter_ask_search_words"]


def test_nothing_found_forgets_the_last_list(talk: Conversation) -> None:
    talk.do("action_search_books", "余华")
    with talk.unchanged():
        turn = talk.do("action_search_books", "量子鸡蛋灌饼格鲁吉亚语教程")
    assert turn.said == ["utter_books_none"]
    assert [turn.slots[name] for name in ("shown", "focus", "listing")] == [None, None, None]


def test_a_payload_says_what_to_search_for(talk: Conversation) -> None:
    turn = talk.do("action_search_books", query="乡土中国")
    assert turn.said == ["utter_one_book"]


def test_a_new_search_closes_the_open_question(talk: Conversation) -> None:
    talk.do("action_search_books", "乡土中国")
    assert talk.do("action_search_books", "余华").awaiting is None


def test_books_for_grown_ups_are_hidden_from_children(talk: Conversation) -> None:
    with talk.library.database.read() as conn:
        from lending.storage.catalogue import titles

        title = conn.execute(titles.select().where(titles.c.adult_only)).mappings().first()
    assert title is not None, "the demo has no title for grown-ups"
    found = talk.do("action_search_books", title["title"])
    assert title["title"] in shown(talk)
    assert found.said != ["utter_books_none"]
    talk.bind("D0006")
    talk.do("action_search_books", title["title"])
    assert talk.slots["shown"] is None or title["id"] not in talk.slots["shown"]


# --- new books, more ---


def test_new_books(talk: Conversation) -> None:
    turn = talk.do("action_new_books", "有什么新书")
    assert turn.said == ["utter_new_books_more"]
    assert len(turn.slots["shown"]) == 5


def test_new_books_for_children(talk: Conversation) -> None:
    turn = talk.do("action_new_books", "有什么新的儿童书")
    titles = talk.library.catalogue.titles(turn.slots["shown"])
    assert titles
    assert all(title.children for title in titles)


@pytest.mark.parametrize(("action", "words"), [("action_new_books", "新书"), ("action_search_books", "鲁迅")])
def test_more_goes_through_every_page_once(talk: Conversation, action: str, words: str) -> None:
    first = talk.do(action, words)
    seen = list(first.slots["shown"])
    turn = talk.do("action_more", "更多")
    assert turn.said[0].startswith("utter_books_page")
    assert turn.message(turn.said[0])["page"] == 2
    assert not set(turn.slots["shown"]) & set(seen)


def test_the_last_page_has_no_more(talk: Conversation) -> None:
    talk.do("action_search_books", "余华")
    said = [talk.do("action_more", "更多").said[0] for _ in range(6)]
    assert said[-1] == "utter_nothing_more"


def test_more_of_nothing(talk: Conversation) -> None:
    assert talk.do("action_more", "更多").said == ["utter_nothing_more"]


# --- filters ---


def test_a_filter_narrows_the_last_list(talk: Conversation) -> None:
    talk.do("action_search_books", "三体")
    turn = talk.do("action_filter_books", available_now="yes")
    assert turn.said[0].startswith("utter_books_filtered")
    assert all(book["available"] for book in turn.data(turn.said[0])["books"])
    assert turn.slots["listing"]["filters"]["available_now"] is True


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        ("只看现在能借的", "available_now", True),
        ("只要大字版", "large_print", True),
        ("给小朋友看的", "children", True),
        ("独墅湖分馆的", "branch_id", "dushuhu"),
    ],
)
def test_filters_in_words(talk: Conversation, words: str, name: str, value: object) -> None:
    talk.do("action_new_books", "新书")
    turn = talk.do("action_filter_books", words)
    assert turn.said[0].startswith("utter_books_filtered")
    assert turn.slots["listing"]["filters"][name] == value


def test_filters_add_up(talk: Conversation) -> None:
    talk.do("action_new_books", "新书")
    talk.do("action_filter_books", "给小朋友看的")
    filters = talk.do("action_filter_books", "现在能借的").slots["listing"]["filters"]
    assert (filters["children"], filters["available_now"]) == (True, True)


def test_a_filter_that_leaves_nothing_keeps_the_list(talk: Conversation) -> None:
    before = talk.do("action_search_books", "余华").slots
    turn = talk.do("action_filter_books", large_print="yes", children="yes")
    assert turn.said == ["utter_books_none_filtered"]
    assert (turn.slots["shown"], turn.slots["listing"]) == (before["shown"], before["listing"])


def test_a_filter_within_a_search_can_be_taken_off_again(talk: Conversation) -> None:
    talk.lend_out("乡土中国")
    turn = talk.do("action_search_books", "现在能借的乡土中国", query="乡土中国 现在能借的")
    if turn.said == ["utter_books_none_filtered"]:
        assert talk.do("action_widen_books").said[0].startswith("utter_books_found")


def test_the_last_search_without_its_filters(talk: Conversation) -> None:
    talk.do("action_search_books", "三体")
    talk.do("action_filter_books", available_now="yes")
    turn = talk.do("action_widen_books")
    assert turn.said[0].startswith("utter_books_found")
    assert not any(turn.slots["listing"]["filters"].values())


def test_nothing_to_widen(talk: Conversation) -> None:
    assert talk.do("action_widen_books").said == ["utter_nothing_more"]
