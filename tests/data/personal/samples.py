"""Made-up personal data, and what looks like it. Check digits are computed here anew."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

Make = Callable[[str, random.Random], str]


def digits(draw: random.Random, count: int, first: str = string.digits) -> str:
    """`count` random digits; the first one of `first`."""
    return draw.choice(first) + "".join(draw.choices(string.digits, k=count - 1))


def shaped(draw: random.Random, shape: str) -> str:
    """`shape` with "#" as a digit and "N" as one from 2 to 9."""
    return "".join(
        draw.choice(string.digits) if mark == "#" else draw.choice("23456789") if mark == "N" else mark
        for mark in shape
    )


def wide(text: str) -> str:
    """`text` in full-width digits."""
    return "".join(chr(ord(mark) + 0xFEE0) if mark in string.digits else mark for mark in text)


def email(language: str, draw: random.Random) -> str:
    names = ("zhang", "wei.li", "liu_yang", "john", "mary.smith", "o.brien", "k-mueller", "sales", "x", "Anna.Karlsson")
    hosts = ("qq.com", "163.com", "gmail.com", "outlook.com", "mail.tsinghua.edu.cn", "bbc.co.uk", "my-firm.de", "a.io")
    tail = draw.choice(("", "", str(draw.randrange(10_000)), f".{draw.randrange(100)}", f"+{draw.choice(names[:3])}"))
    found = f"{draw.choice(names)}{tail}@{draw.choice(hosts)}"
    return (
        found.upper()
        if draw.random() < 0.05
        else digits(draw, 9, "123456789") + "@qq.com"
        if draw.random() < 0.1
        else found
    )


def phone(language: str, draw: random.Random) -> str:
    if draw.random() < 0.2:
        codes = (
            "+44 20 7946 0###",
            "+44 7911 12####",
            "+49 30 901820##",
            "+33 6 12 34 ## ##",
            "+81 90-1234-####",
            "+852 9123 ####",
            "+65 9123 ####",
            "+61 412 345 ###",
            "+1 (415) 555-2###",
            "+1-212-555-0###",
            "+86 10 6552 ####",
            "0044 20 7946 0###",
            "001-415-555-2###",
            "+82-10-1234-####",
            "+91 98765 4####",
        )
        return shaped(draw, draw.choice(codes))
    if language == "English":
        shapes = (
            "(415) 555-2###",
            "415-555-2###",
            "415.555.2###",
            "212 736 5###",
            "1-800-555-0###",
            "(646)555-2###",
            "020 7946 0###",
            "07911 12####",
            "07911 123 ###",
            "01632 960###",
            "415-555-2### ext. 1##",
        )
        return shaped(draw, draw.choice(shapes))
    mobile = draw.choice(("13#", "15#", "17#", "18#", "19#", "166"))
    shapes = (f"{mobile}########",) * 6 + (
        f"{mobile} #### ####",
        f"{mobile}-####-####",
        f"+86{mobile}########",
        f"+86 {mobile} #### ####",
        f"0086{mobile}########",
        f"0086-{mobile}########",
        f"86-{mobile}########",
        f"(+86){mobile}########",
        "010-8#######",
        "021-6#######",
        "0755-8#######",
        "(010)6#######",
        "（021）5#######",
        "0571 8#######",
        "010-8#######转8001",
        "+86-755-8#######",
        "400-820-####",
    )
    found = shaped(draw, draw.choice(shapes))
    return wide(found) if draw.random() < 0.08 else found


def chinese_id(language: str, draw: random.Random) -> str:
    places = ("110101", "310115", "440305", "510107", "320102", "330106", "420111", "610113", "650102", "230103")
    birthday = f"{draw.randrange(1940, 2015)}{draw.randrange(1, 13):02}{draw.randrange(1, 29):02}"
    body = draw.choice(places) + birthday + digits(draw, 3)
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]
    whole = body + (check.lower() if draw.random() < 0.3 else check)
    if draw.random() < 0.1:
        return f"{whole[:6]} {whole[6:14]} {whole[14:]}"
    return wide(whole) if draw.random() < 0.05 else whole


def luhn_digit(body: str) -> str:
    """The digit that makes Luhn's sum of `body` and it divisible by ten."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def bank_card(language: str, draw: random.Random) -> str:
    kinds = (
        ("4", 16),
        ("51", 16),
        ("55", 16),
        ("2221", 16),
        ("34", 15),
        ("37", 15),
        ("36", 14),
        ("6011", 16),
        ("3530", 16),
    )
    chinese = (
        ("622202", 19),
        ("621226", 19),
        ("622848", 19),
        ("625955", 16),
        ("621700", 19),
        ("6214", 16),
        ("4367", 16),
    )
    prefix, length = draw.choice(chinese if language == "Chinese" else kinds)
    body = prefix + digits(draw, length - 1 - len(prefix))
    whole = body + luhn_digit(body)
    if draw.random() < 0.4 and length in (16, 19):
        mark = draw.choice(" -") if language == "English" else " "
        return mark.join(whole[start : start + 4] for start in range(0, length, 4))
    return f"{whole[:4]} {whole[4:10]} {whole[10:]}" if draw.random() < 0.4 and length == 15 else whole


def iban(language: str, draw: random.Random) -> str:
    country, body = draw.choice(
        (
            ("DE", digits(draw, 18)),
            ("GB", "NWBK" + digits(draw, 14)),
            ("NL", "ABNA0" + digits(draw, 9)),
            ("FR", digits(draw, 23)),
            ("ES", digits(draw, 20)),
            ("CH", digits(draw, 17)),
        )
    )
    number = "".join(str(int(mark, 36)) for mark in f"{body}{country}00")
    whole = f"{country}{98 - int(number) % 97:02}{body}"
    return " ".join(whole[start : start + 4] for start in range(0, len(whole), 4)) if draw.random() < 0.5 else whole


def ip_address(language: str, draw: random.Random) -> str:
    if draw.random() < 0.25:
        groups = [f"{draw.randrange(65536):x}" for _ in range(8)]
        return draw.choice(
            (
                f"2001:db8::{groups[0]}",
                f"fe80::{groups[1]}:{groups[2]}",
                ":".join(["2408", *groups[1:]]),
                f"2400:3200:{groups[3]}::1",
                ":".join(["2A02", *groups[1:7], "9"]).upper(),
            )
        )
    start = draw.choice(
        (
            f"192.168.{draw.randrange(256)}",
            f"10.{draw.randrange(256)}.{draw.randrange(256)}",
            f"{draw.randrange(11, 223)}.{draw.randrange(256)}.{draw.randrange(256)}",
        )
    )
    return f"{start}.{draw.randrange(1, 255)}".replace("127.", "128.")


def credential_url(language: str, draw: random.Random) -> str:
    word = "".join(draw.choices(string.ascii_letters + string.digits, k=10))
    return draw.choice(
        (
            f"https://admin:{word}@example.com/login",
            f"ftp://user:{word}@192.168.1.{draw.randrange(99)}/pub",
            f"postgres://app:{word}@db.internal:5432/shop",
            f"http://me:p@{word}@files.example.cn",
            f"https://api.example.com/v1?user=7&access_token={word}{word}",
            f"mongodb://root:{word}@10.0.0.7",
            f"https://example.com/?api_key={word}",
            f"redis://:{word}@cache:6379/0",
        )
    )


VALUES: dict[str, Make] = {
    "email": email,
    "phone": phone,
    "chinese-id": chinese_id,
    "bank-card": bank_card,
    "iban": iban,
    "ip-address": ip_address,
    "credential-url": credential_url,
}
"""Made-up values of each kind."""


def isbn(language: str, draw: random.Random) -> str:
    body = draw.choice(("9787302", "9780306", "9783161")) + digits(draw, 5)
    check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10
    whole = f"{body}{check}"
    return draw.choice((whole, f"{whole[:3]}-{whole[3]}-{whole[4:7]}-{whole[7:12]}-{whole[12]}", "0-306-40615-2"))


def order(language: str, draw: random.Random) -> str:
    return draw.choice(
        (
            digits(draw, 11, "123456789"),
            digits(draw, 16),
            digits(draw, 18, "123456789"),
            digits(draw, 19, "4"),
            f"2024{digits(draw, 14)}",
            f"{digits(draw, 3)}-{digits(draw, 7)}-{digits(draw, 7)}",
        )
    )


def date(language: str, draw: random.Random) -> str:
    day, month, year = draw.randrange(1, 29), draw.randrange(1, 13), draw.randrange(1990, 2027)
    return draw.choice(
        (
            f"{year}-{month:02}-{day:02}",
            f"{day:02}/{month:02}/{year}",
            f"{year}{month:02}{day:02}",
            f"{year}.{month:02}.{day:02} {draw.randrange(24):02}:30:15",
            f"{year}年{month}月{day}日",
            f"{day:02}.{month:02}.{year}",
            f"{year}-{month:02}-{day:02} 08:15 - 2027-01-01 10:45",
        )
    )


def price(language: str, draw: random.Random) -> str:
    return draw.choice(
        (
            f"{draw.randrange(10**6, 10**8):,}.00",
            f"¥{draw.randrange(10**10, 10**11)}",
            f"${draw.randrange(10**9)}",
            f"{draw.randrange(13 * 10**9, 19 * 10**9)}元",
            f"€{draw.randrange(10**5)}.{draw.randrange(100):02}",
        )
    )


def coordinates(language: str, draw: random.Random) -> str:
    east, north = draw.uniform(-180, 180), draw.uniform(-90, 90)
    return draw.choice((f"{north:.6f}, {east:.6f}", f"{east:.8f},{north:.8f}", f"+{abs(north):.7f} +{abs(east):.7f}"))


def ratio(language: str, draw: random.Random) -> str:
    return draw.choice(
        (
            f"{draw.randrange(99)}:{draw.randrange(99)}",
            f"{draw.random():.12f}",
            f"{draw.randrange(100)}%",
            "1:1000000",
            f"{draw.uniform(0, 100):.10f}",
        )
    )


def version(language: str, draw: random.Random) -> str:
    numbers = [str(draw.randrange(30)) for _ in range(4)]
    return draw.choice(
        (".".join(numbers[:3]), ".".join(numbers), "10.0.19045.3803", f"{numbers[0]}.0.0-rc.{numbers[1]}")
    )


def chat_number(language: str, draw: random.Random) -> str:
    return digits(draw, draw.choice((8, 9, 10, 11)), "123456789")


def tracking(language: str, draw: random.Random) -> str:
    return draw.choice(
        (
            f"SF{digits(draw, 13)}",
            digits(draw, 12),
            f"JD00{digits(draw, 11)}",
            f"1Z999AA1{digits(draw, 10)}",
            digits(draw, 22),
        )
    )


def other(language: str, draw: random.Random) -> str:
    return draw.choice(
        (
            f"{draw.getrandbits(128):032x}",
            str(draw.randrange(1_600_000_000_000, 1_800_000_000_000)),
            ":".join(f"{draw.randrange(256):02x}" for _ in range(6)),
            f"550e8400-e29b-41d4-a716-{draw.getrandbits(48):012x}",
            "logo@2x.png",
            "react@18.2.0",
            "std::vector",
            "@zhangsan",
            f"#{draw.getrandbits(24):06x}",
            "12:30:45",
            "127.0.0.1",
            "https://example.com/a?b=1",
            f"{digits(draw, 6)}",
            "1 2 3 4 5 6 7 8 9 10",
            "10 000 000",
            f"COVID-19 {digits(draw, 4)}",
            "2019-2024",
            "git@github.com:me/tool.git",
        )
    )


def wrong_check(language: str, draw: random.Random) -> str:
    if draw.random() < 0.5:
        whole = chinese_id(language, random.Random(draw.random())).replace(" ", "").upper()
        whole = whole.translate({0xFF10 + place: str(place) for place in range(10)})
        return whole[:-1] + ("1" if whole[-1] != "1" else "2")
    body = "622202" + digits(draw, 12)
    return body + str((int(luhn_digit(body)) + draw.randrange(1, 10)) % 10)


HARD: dict[str, Make] = {
    "order": order,
    "date": date,
    "price": price,
    "isbn": isbn,
    "ratio": ratio,
    "version": version,
    "coordinates": coordinates,
    "chat number": chat_number,
    "tracking": tracking,
    "wrong check digit": wrong_check,
    "other": other,
}
"""What looks like personal data and is none."""
