"""Talking on the page: words, choices, history, later messages, and all that can be lost on the way."""

import threading

import pytest
from playwright.sync_api import Page, Route, expect

from tests.fakes.chat_api import ChatServer, Talk
from tests.web.conftest import OpenPage
from tests.web.screen import composer, expect_focus_in_composer, hide, messages, push, said_by, say

pytestmark = pytest.mark.browser


def texts(page: Page, side: str) -> list[str]:
    return [item.inner_text() for item in said_by(page, side).locator(".bubble").all()]


def test_a_talk_goes_to_and_fro(open_page: OpenPage, talk: Talk) -> None:
    page = open_page()
    say(page, "有没有三体")
    answer = say(page, "人工")
    expect(answer).to_contain_text("听到了：人工")
    assert texts(page, "reader") == ["有没有三体", "人工"]
    assert talk.handled == ["有没有三体", "人工"]


def test_an_empty_page_offers_four_ways_to_begin(open_page: OpenPage, talk: Talk) -> None:
    page = open_page()
    starters = page.locator("#starters button")
    expect(starters).to_have_count(4)
    assert talk.rows == {}, "looking at the page opens no session"
    starters.first.click()
    expect(said_by(page, "library")).to_have_count(1)
    expect(page.locator("#starters")).to_be_hidden()
    assert talk.handled == ["有什么新书"]


def test_a_choice_is_pressed(open_page: OpenPage, talk: Talk) -> None:
    page = open_page()
    say(page, "draft").get_by_role("button", name="确认下单").click()
    expect(said_by(page, "library")).to_have_count(2)
    assert texts(page, "reader")[-1] == "确认下单"
    assert talk.received[-1] == {"id": talk.received[-1]["id"], "type": "choice", "payload": "/confirm_order"}


def test_a_book_is_chosen_in_its_own_row(open_page: OpenPage, talk: Talk) -> None:
    page = open_page()
    say(page, "books").get_by_role("button", name="三体Ⅱ：黑暗森林").click()
    expect(said_by(page, "library")).to_have_count(2)
    assert talk.handled[-1] == '/select_item{"title":12}'


def test_older_choices_fold_away_and_still_work(open_page: OpenPage, talk: Talk) -> None:
    page = open_page()
    first = say(page, "text")
    say(page, "随便看看")
    expect(first.get_by_role("button", name="看订单")).to_be_hidden()
    first.get_by_text("先前的选项（3 个）").click()
    first.get_by_role("button", name="看订单").click()
    expect(said_by(page, "library")).to_have_count(3)
    assert talk.handled[-1] == "/track_order"


def test_a_later_message_without_choices_leaves_the_open_ones(
    open_page: OpenPage, server: ChatServer
) -> None:
    page = open_page()
    asked = say(page, "text")
    push(server, "明天闭馆一天。")
    expect(said_by(page, "library")).to_have_count(2)
    expect(asked.get_by_role("button", name="看订单")).to_be_visible()


def test_double_clicks_send_once(open_page: OpenPage, talk: Talk) -> None:
    page = open_page()
    say(page, "draft").get_by_role("button", name="确认下单").dblclick()
    expect(said_by(page, "library")).to_have_count(2)
    composer(page).fill("谢谢")
    page.get_by_role("button", name="发送", exact=True).dblclick()
    expect(said_by(page, "library")).to_have_count(3)
    say(page, "books").get_by_role("button", name="三体", exact=False).first.dblclick()
    expect(said_by(page, "library")).to_have_count(5)
    say(page, "再见")
    assert talk.handled == ["draft", "/confirm_order", "谢谢", "books", '/select_item{"title":11}', "再见"]


def test_messages_keep_their_order_while_answers_are_slow(open_page: OpenPage, talk: Talk) -> None:
    page = open_page()
    say(page, "你好")
    go_on = threading.Event()
    talk.before_answer = lambda: go_on.wait(10)
    for text in ("一", "二", "三"):
        composer(page).fill(text)
        composer(page).press("Enter")
    expect(said_by(page, "reader")).to_have_count(4)
    go_on.set()
    expect(said_by(page, "library")).to_have_count(4)
    assert talk.handled == ["你好", "一", "二", "三"]


def test_a_typing_sign_shows_while_an_answer_is_on_its_way(open_page: OpenPage, talk: Talk) -> None:
    page = open_page()
    held: list[Route] = []
    page.route("**/api/chat/messages", lambda route: held.insert(0, route))
    composer(page).fill("你好")
    composer(page).press("Enter")
    expect(page.locator("#typing")).to_have_text("正在为您查…")
    held[0].continue_()
    expect(said_by(page, "library")).to_have_count(1)
    expect(page.locator("#typing")).to_be_empty()


@pytest.mark.parametrize("poll_brings_answers", [False, True])
def test_later_messages_arrive_by_themselves_and_nothing_twice(
    open_page: OpenPage, server: ChatServer, talk: Talk, poll_brings_answers: bool
) -> None:
    talk.poll_brings_answers = poll_brings_answers
    page = open_page()
    say(page, "你好")
    push(server, "您的书到柜了。")
    expect(messages(page).last).to_contain_text("您的书到柜了。")
    say(page, "你好")
    push(server, "请坐，我来帮您看看。", kind="staff")
    expect(messages(page).last).to_contain_text("馆员")
    expected = ["听到了：你好", "您的书到柜了。", "听到了：你好", "请坐，我来帮您看看。"]
    assert texts(page, "library") == expected
    page.reload()
    expect(messages(page)).to_have_count(6)
    assert texts(page, "library") == expected


def test_a_notice_written_just_before_an_answer_is_not_lost(
    open_page: OpenPage, server: ChatServer, talk: Talk
) -> None:
    page = open_page()
    say(page, "你好")
    told: list[str] = []

    def notify() -> None:
        if not told:
            told.append("x")
            notice = {"kind": "notice", "text": "到期提醒"}
            talk.write(talk.session, "library", notice, "到期提醒", later=True)

    talk.before_answer = notify
    say(page, "我的借阅")
    push(server, "第二条")
    expect(messages(page).last).to_contain_text("第二条")
    expected = ["听到了：你好", "听到了：我的借阅", "到期提醒", "第二条"]
    assert sorted(texts(page, "library")) == sorted(expected)


def test_history_comes_back_after_a_reload(open_page: OpenPage) -> None:
    page = open_page()
    say(page, "books")
    say(page, "text")
    page.reload()
    expect(messages(page)).to_have_count(4)
    expect(said_by(page, "library").first.get_by_role("button", name="三体中的物理学")).to_be_visible()
    expect(said_by(page, "library").last.get_by_role("button", name="看订单")).to_be_visible()
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")


def test_the_talk_goes_on_after_a_server_restart(open_page: OpenPage, server: ChatServer) -> None:
    page = open_page(expect_failures=True)
    say(page, "你好")
    server.stop()
    expect(page.locator("#connection")).to_contain_text("暂时连不上图书馆")
    server.start()
    expect(page.locator("#connection")).to_be_empty()
    push(server, "我们回来了。")
    expect(messages(page).last).to_contain_text("我们回来了。")
    page.reload()
    expect(messages(page)).to_have_count(3)


def test_opened_while_the_server_is_away_the_history_comes_when_it_is_back(
    open_page: OpenPage, server: ChatServer
) -> None:
    page = open_page(expect_failures=True)
    say(page, "你好")
    page.route("**/api/chat/**", lambda route: route.abort())
    page.reload()
    expect(page.locator("#connection")).to_contain_text("暂时连不上图书馆")
    composer(page).fill("还在吗")
    composer(page).press("Enter")
    page.unroute("**/api/chat/**")
    expect(said_by(page, "library")).to_have_count(2)
    assert [item.inner_text() for item in messages(page).locator(".bubble").all()] == [
        "你好", "听到了：你好", "还在吗", "听到了：还在吗",
    ]  # fmt: skip


@pytest.mark.parametrize("fault", [503, -503], ids=["refused", "answer lost"])
def test_a_failed_message_is_sent_again_with_the_same_id(open_page: OpenPage, talk: Talk, fault: int) -> None:
    page = open_page(expect_failures=True)
    say(page, "你好")
    talk.fail = [fault]
    say(page, "我要借活着")
    tries = [body for body in talk.received if body["text"] == "我要借活着"]
    assert len(tries) == 2
    assert tries[0] == tries[1]
    assert talk.handled == ["你好", "我要借活着"]
    assert texts(page, "library") == ["听到了：你好", "听到了：我要借活着"]


def test_the_reader_may_send_again_by_hand(open_page: OpenPage, talk: Talk) -> None:
    page = open_page(expect_failures=True)
    say(page, "你好")
    page.route("**/api/chat/messages", lambda route: route.abort())
    composer(page).fill("我要借活着")
    composer(page).press("Enter")
    retry = page.get_by_role("button", name="没有发出去，点此重试")
    expect(retry).to_be_visible()
    page.unroute("**/api/chat/messages")
    retry.click()
    expect(said_by(page, "library")).to_have_count(2)
    expect(retry).to_have_count(0)
    assert talk.handled == ["你好", "我要借活着"]


def test_what_was_on_its_way_at_a_reload_is_answered_once(open_page: OpenPage, talk: Talk) -> None:
    page = open_page(expect_failures=True)
    say(page, "你好")
    talk.fail = [-503]
    composer(page).fill("我要借活着")
    composer(page).press("Enter")
    page.get_by_role("button", name="没有发出去，点此重试").wait_for()
    page.reload()
    expect(messages(page)).to_have_count(4)
    say(page, "再见")
    assert talk.handled == ["你好", "我要借活着", "再见"]
    assert texts(page, "library") == ["听到了：你好", "听到了：我要借活着", "听到了：再见"]


def test_a_message_that_is_refused_for_good_is_not_sent_again(open_page: OpenPage, talk: Talk) -> None:
    page = open_page(expect_failures=True)
    say(page, "你好")
    talk.fail = [422]
    composer(page).fill("坏的")
    composer(page).press("Enter")
    expect(messages(page).last).to_contain_text("没能送到")
    say(page, "好的")
    assert [body["text"] for body in talk.received] == ["你好", "坏的", "好的"]


def test_a_forgotten_session_is_replaced_quietly(open_page: OpenPage, talk: Talk) -> None:
    page = open_page(expect_failures=True)
    say(page, "你好")
    old = talk.session
    del talk.rows[old]
    say(page, "还在吗")
    assert [row.text for row in talk.rows[talk.session]] == ["还在吗", "听到了：还在吗"]
    page.reload()
    expect(messages(page)).to_have_count(2)
    assert list(talk.rows) == [talk.session], "one new session, however many requests noticed"


def test_hidden_the_page_is_silent_and_catches_up_when_seen(
    open_page: OpenPage, server: ChatServer, talk: Talk
) -> None:
    page = open_page()
    say(page, "你好")
    hide(page, True)
    push(server, "第一条")
    push(server, "第二条")
    expect(said_by(page, "library")).to_have_count(1)
    hide(page, False)
    expect(said_by(page, "library")).to_have_count(3)
    assert texts(page, "library")[1:] == ["第一条", "第二条"]


def test_a_later_message_does_not_pull_the_reader_away(open_page: OpenPage, server: ChatServer) -> None:
    page = open_page(height=500)
    for name in ("books", "loans", "points"):
        say(page, name)
    log = page.get_by_role("log")
    log.evaluate("(log) => { log.scrollTop = 0; }")
    push(server, "您的书到柜了。")
    newer = page.get_by_role("button", name="看新消息")
    expect(newer).to_be_visible()
    assert log.evaluate("(log) => log.scrollTop") == 0
    newer.click()
    expect(messages(page).last).to_be_in_viewport()
    expect(newer).to_be_hidden()


def test_the_place_is_shared(open_page: OpenPage, talk: Talk) -> None:
    page = open_page(geolocation={"latitude": 31.3159, "longitude": 120.6853}, permissions=["geolocation"])
    page.get_by_role("button", name="发位置").click()
    expect(said_by(page, "library")).to_have_count(1)
    sent = talk.received[-1]
    assert {name: sent[name] for name in ("type", "latitude", "longitude", "crs")} == {
        "type": "location", "latitude": 31.3159, "longitude": 120.6853, "crs": "wgs84",
    }  # fmt: skip
    assert texts(page, "reader") == ["我的位置"]


def test_a_refused_place_tells_the_other_way(open_page: OpenPage, talk: Talk) -> None:
    page = open_page()
    page.evaluate(
        """() => {
            navigator.geolocation.getCurrentPosition = (_, no) => no({ code: 1, PERMISSION_DENIED: 1 });
        }"""
    )
    page.get_by_role("button", name="发位置").click()
    expect(page.get_by_text("直接写地名就行")).to_be_visible()
    expect_focus_in_composer(page)
    assert talk.received == []


def test_a_long_message_is_stopped_kindly(open_page: OpenPage, talk: Talk) -> None:
    page = open_page()
    composer(page).fill("书" * 1950)
    expect(page.get_by_text("还能写 50 个字")).to_be_visible()
    composer(page).fill("书" * 2003)
    expect(page.get_by_text("多了 3 个字")).to_be_visible()
    composer(page).press("Enter")
    assert talk.received == []
    assert composer(page).input_value() == "书" * 2003, "nothing written is lost"
    say(page, "书" * 2000)
    assert talk.handled == ["书" * 2000]


def test_leaving_a_shared_computer_forgets_the_talk(open_page: OpenPage, talk: Talk) -> None:
    page = open_page()
    say(page, "你好")
    page.on("dialog", lambda dialog: dialog.accept())
    with page.expect_navigation():
        page.get_by_role("button", name="结束对话").click()
    expect(page.get_by_role("button", name="有什么新书？")).to_be_visible()
    expect(messages(page)).to_have_count(0)
    assert page.evaluate("localStorage.getItem('shudi.session')") is None
