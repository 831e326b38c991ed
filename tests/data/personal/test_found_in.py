"""What is found in texts, and what looks like it and is left alone."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.personal.frames import KEPT_ASIDE, LANGUAGES, LOOKED_AT, Frames
from tests.data.personal.samples import HARD, VALUES
from workbench.data.personal import KINDS, found_in


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in found_in(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("邮箱zhang.wei@qq.com谢谢", "zhang.wei@qq.com"),
        ("写信给：o'brien+x@mail.example.co.uk。", "o'brien+x@mail.example.co.uk"),
        ("- anna@example.org", "anna@example.org"),
        ("发到ｚｈａｎｇ＠１６３．ｃｏｍ吧", "ｚｈａｎｇ＠１６３．ｃｏｍ"),
        ("Mail john@example.com.", "john@example.com"),
    ],
)
def test_that_an_email_address_is_found_whatever_stands_around_it(text: str, value: str) -> None:
    assert found(text) == [("email", value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("电话：13812345678，", "13812345678"),
        ("电话：１３８１２３４５６７８，", "１３８１２３４５６７８"),
        ("打+86 138-1234-5678找我", "+86 138-1234-5678"),
        ("打008613812345678找我", "008613812345678"),
        ("（+86）138 1234 5678", "（+86）138 1234 5678"),
        ("座机010-82345678转8001。", "010-82345678转8001"),
        ("座机（0755）82345678", "（0755）82345678"),
        ("热线400-123-4567", "400-123-4567"),
        ("(415) 555-2671", "(415) 555-2671"),
        ("call 415.555.2671 now", "415.555.2671"),
        ("Tel13812345678", "13812345678"),
        ("phone number: 4155552671", "4155552671"),
        ("+44 20 7946 0958 is ours", "+44 20 7946 0958"),
        ("Call 09061701461. Claim code 12", "09061701461"),
        ("apply 08452810075over18's", "08452810075"),
        ("ours is 01 45 24 82 26", "01 45 24 82 26"),
        ("001-547-287-7991x95", "001-547-287-7991x95"),
        ("tel:+49-30-901820", "+49-30-901820"),
    ],
)
def test_that_a_telephone_number_is_found_however_it_is_written(text: str, value: str) -> None:
    assert found(text) == [("phone", value)]


def test_that_two_numbers_side_by_side_are_two() -> None:
    assert found("13812345678/13987654321, 13612345678 15012345678") == [
        ("phone", "13812345678"),
        ("phone", "13987654321"),
        ("phone", "13612345678"),
        ("phone", "15012345678"),
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("身份证号：11010519491231002X。", "11010519491231002X"),
        ("身份证 110105 19491231 002x", "110105 19491231 002x"),
        ("号码１１０１０５１９４９１２３１００２Ｘ，", "１１０１０５１９４９１２３１００２Ｘ"),
    ],
)
def test_that_a_chinese_identity_number_is_found_by_its_check_digit(text: str, value: str) -> None:
    assert found(text) == [("chinese-id", value)]


@pytest.mark.parametrize(
    "text", ["110105194912310021", "110105194913310020", "990105194912310026", "11010519491231002X5"]
)
def test_that_a_number_with_a_wrong_check_digit_birthday_or_province_is_no_identity_number(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("卡号4111111111111111，", "4111111111111111"),
        ("4111 1111 1111 1111 12/25", "4111 1111 1111 1111"),
        ("card 3782-822463-10005", "3782-822463-10005"),
        ("pay 5500-0000-0000-0004 now", "5500-0000-0000-0004"),
    ],
)
def test_that_a_bank_card_is_found_by_its_issuer_and_luhn_s_digit(text: str, value: str) -> None:
    assert found(text) == [("bank-card", value)]


def test_that_a_card_with_another_last_digit_is_none() -> None:
    assert found("卡号4111111111111112，") == []


def test_that_an_iban_is_found_by_its_check_digits_and_length() -> None:
    assert found("IBAN: GB29 NWBK 6016 1331 9268 19 AND more") == [("iban", "GB29 NWBK 6016 1331 9268 19")]
    assert found("IBAN: GB28 NWBK 6016 1331 9268 19") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("来自192.168.1.20的请求", "192.168.1.20"),
        ("IP：10.1.2.3:8080", "10.1.2.3"),
        ("dns 8.8.8.8", "8.8.8.8"),
        ("IPv6:2001:db8::1，", "2001:db8::1"),
        ("地址fe80::1ff:fe23:4567:890a%eth0", "fe80::1ff:fe23:4567:890a"),
        ("::ffff:192.168.1.7", "::ffff:192.168.1.7"),
        ("b2bd:9563:2b91:876:50df:c768:c4a2:528a", "b2bd:9563:2b91:876:50df:c768:c4a2:528a"),
        ("2408:8207:2460:1f00:a1b2:3c4d:5e6f:7081", "2408:8207:2460:1f00:a1b2:3c4d:5e6f:7081"),
    ],
)
def test_that_an_ip_address_is_found_in_both_versions(text: str, value: str) -> None:
    assert found(text) == [("ip-address", value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("用https://admin:S3cret@example.com/a?b=1，谢谢", "https://admin:S3cret@example.com/a?b=1"),
        ("(ftp://user:pw@192.168.1.4/pub)", "ftp://user:pw@192.168.1.4/pub"),
        ("https://api.example.com/v1?user=7&access_token=abcdef1234.", "https://api.example.com/v1?user=7&access_token=abcdef1234"),
        ("git clone https://ghp_abcdefghijklmnop@github.com/a/b", "https://ghp_abcdefghijklmnop@github.com/a/b"),
    ],
)  # fmt: skip
def test_that_a_web_address_with_a_password_is_one_find_and_not_an_email(text: str, value: str) -> None:
    assert found(text) == [("credential-url", value)]


@pytest.mark.parametrize(
    "text",
    [
        "订单号：13812345678，", "order #13812345678", "QQ：1234567890", "加我qq 13812345678", "总价¥13999999999",
        "15000000000元", "2024-11-25 08:30:15", "20241125", "ISBN 978-7-302-51103-5", "9787302511035",
        "version 1.2.30.4", "版本号：10.2.30.14", "10.0.19045.3803", "139.69171234, 35.68949000", "16:9",
        "0.13812345678", "rv:1.9.14.20", "Chrome/120.0.10.24", "4153540527929", "lotto 01 12 23 34 45",
        "1700000000000", "127.0.0.1", "255.255.255.0", "1.2.3.4", "std::vector", "12:30:45", "00:1a:2b:3c:4d:5e",
        "logo@2x.png", "react@18.2.0", "@zhangsan", "git@github.com:me/tool.git", "https://example.com/@me?page=1",
        "1 2 3 4 5 6 7 8 9 10", "550e8400-e29b-41d4-a716-446655440000", "SF1381234567890", "113812345678",
        "第1.2.33.4节", "the 2019-2024 plan, 10 000 000 people",
    ],
)  # fmt: skip
def test_that_what_only_looks_like_personal_data_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("frames", [LOOKED_AT, KEPT_ASIDE], ids=["looked at", "kept aside"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_that_planted_samples_are_found_and_hard_cases_are_not(language: str, frames: Frames) -> None:
    draw = random.Random(language)
    right, wrong, each = dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0), 150
    for kind in KINDS:
        for _ in range(each):
            value, frame = VALUES[kind](language, draw), draw.choice(frames[language][kind])
            hits = found(frame.replace("{}", value))
            right[kind] += hits == [(kind, value)]
            for name, hit in hits:
                wrong[name] += (name, hit) != (kind, value)
    for name, make in HARD.items():
        for _ in range(each):
            for kind, _hit in found(draw.choice(frames[language][name]).replace("{}", make(language, draw))):
                wrong[kind] += 1
    assert {kind: count / each for kind, count in right.items() if count < 0.98 * each} == {}
    assert {kind: wrong[kind] for kind in KINDS if right[kind] < 0.95 * (right[kind] + wrong[kind])} == {}


@given(st.text(alphabet=st.sampled_from("0123456789@.:-+/() abX电话号１２：，（）元\n"), max_size=80))
def test_that_spans_never_overlap_and_lie_in_the_text(text: str) -> None:
    reached = 0
    for span in found_in(text):
        assert reached <= span.start < span.end <= len(text)
        assert span.kind in KINDS
        reached = span.end


@pytest.mark.parametrize(
    "text",
    [
        "1" * 200_000,
        "1 " * 100_000,
        "a@" * 100_000,
        "::" * 100_000,
        "http://a:" * 30_000,
        "电话" + "号码" * 100_000 + "1381234567",
        "电话" + "号" * 39 + "x1381234567 ",
        "13812345678," * 20_000,
        "a.b@c.d" * 30_000,
        "+1" * 100_000,
        "1.1.1.1" * 30_000,
    ],
    ids=range(11),
)
@pytest.mark.timeout(60)
def test_that_a_hostile_text_takes_no_more_than_its_length(text: str) -> None:
    assert isinstance(found_in(text), tuple)  # what grows with the square of the length takes hours here
