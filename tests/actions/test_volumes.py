"""A title said by its name: one clear match is taken at once, several volumes or editions are asked about."""

import pytest

from tests.actions.talking import Conversation


@pytest.mark.parametrize("words", ["把三体加到书单", "把《三体》放进书单"])
def test_of_several_volumes_the_reader_chooses(talk: Conversation, words: str) -> None:
    with talk.unchanged():
        turn = talk.do("action_add_to_basket", words)
    titles = [book["title"] for book in turn.data(turn.said[0])["books"]]
    assert titles[0] == "三体"
    assert {"三体Ⅱ·黑暗森林", "三体Ⅲ·死神永生"} < set(titles)
    talk.do("action_select_item", "第一本")
    assert talk.basket() == ["三体"]


def test_of_several_editions_the_reader_chooses(talk: Conversation) -> None:
    with talk.unchanged():
        turn = talk.do("action_add_to_basket", "把红楼梦加到书单")
    assert len(turn.data(turn.said[0])["books"]) > 1


@pytest.mark.parametrize("title", ["乡土中国", "三体Ⅲ·死神永生"])
def test_one_clear_match_is_taken_at_once(talk: Conversation, title: str) -> None:
    talk.do("action_add_to_basket", f"把{title}加到书单")
    assert talk.basket() == [title]


def test_a_list_from_before_is_not_meant_any_more(talk: Conversation) -> None:
    talk.do("action_search_books", "余华")
    talk.do("action_add_to_basket", "把乡土中国加到书单")
    assert talk.slots["shown"] is None
