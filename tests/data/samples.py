"""Texts of many languages, and small tables made of them."""

from __future__ import annotations

import random
from array import array
from collections.abc import Mapping, Sequence

from workbench.core.fields import LABEL, NUMBER, TEXT, TEXT_PAIR, Field
from workbench.core.plan import Reading
from workbench.data.table import Table

CLASSIFICATION: Mapping[str, Field] = {"text": TEXT, "text_pair": TEXT_PAIR, "label": LABEL}
REGRESSION: Mapping[str, Field] = {"text": TEXT, "text_pair": TEXT_PAIR, "number": NUMBER}

LANGUAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "Chinese": (
        "送餐速度很快，味道也不错，下次还会再点。菜量太少了，米饭有点硬，价格偏贵。"
        "客服态度非常好，耐心地解决了我的问题。等了两个小时还没有送到，打电话也没人接。",
        ("gb18030", "gbk"),
    ),
    "Traditional Chinese": (
        "這家餐廳的服務態度很好，環境也非常乾淨。等了半個小時才上菜，味道普通，價錢卻不便宜。"
        "我們昨天去看了這部電影，劇情緊湊，演員的表現令人難忘。",
        ("big5", "gb18030"),
    ),
    "Japanese": (
        "この商品はとても使いやすくて気に入っています。配送が遅くて、箱も壊れていました。"
        "もう一度買いたいと思います。説明書が分かりにくいので、改善してほしいです。",
        ("cp932", "euc_jp"),
    ),
    "Korean": (
        "배송이 정말 빠르고 포장도 깔끔했습니다. 가격에 비해 품질이 좋지 않아서 실망했어요. "
        "직원분이 친절하게 설명해 주셔서 감사합니다. 다시는 주문하지 않을 것 같습니다.",
        ("cp949",),
    ),
    "Russian": (
        "Очень хороший товар, доставили быстро и без проблем. Не советую покупать, сломался через неделю. "
        "Спасибо за помощь, всё работает отлично! Ждали заказ почти месяц, качество оставляет желать лучшего.",
        ("cp1251", "koi8_r", "cp866"),
    ),
    "Greek": (
        "Το προϊόν είναι εξαιρετικό και έφτασε πολύ γρήγορα. Δεν το συνιστώ, χάλασε μετά από μία εβδομάδα. "
        "Ευχαριστώ πολύ για τη βοήθειά σας, όλα λειτουργούν άψογα.",
        ("cp1253",),
    ),
    "German": (
        "Die Lieferung kam pünktlich, und die Qualität ist großartig. Für den Preis hätte ich mehr erwartet. "
        "Schöne Grüße und vielen Dank für die schnelle Lösung! Das Gerät hört ständig auf zu funktionieren.",
        ("cp1252",),
    ),
    "French": (
        "Très bon produit, livré à l’heure et bien emballé. Je suis déçu, ça a cassé après deux semaines. "
        "Le café était délicieux et la réception très chaleureuse. Où est passée ma commande, s’il vous plaît ?",
        ("cp1252", "mac_roman"),
    ),
    "Spanish": (
        "El envío llegó rápido y el tamaño es perfecto. ¡Qué decepción, mañana lo devuelvo! "
        "La atención al público es pésima, ¿por qué nadie contesta? Señal débil y batería que dura muy poco.",
        ("cp1252",),
    ),
    "Polish": (
        "Bardzo dobry produkt, szybka wysyłka i świetna jakość. Nie polecam, zepsuł się już po tygodniu. "
        "Obsługa była miła, ale część zamówienia zaginęła. Dziękuję, wszystko działa znakomicie, żółty też ładny.",
        ("cp1250",),
    ),
    "Czech": (
        "Výborný výrobek, přišel velmi rychle a funguje skvěle. Nedoporučuji, už po týdnu se rozbil. "
        "Obsluha byla příjemná, ale čekali jsme příliš dlouho. Děkuji, vše v pořádku, ještě jednou objednám.",
        ("cp1250",),
    ),
    "Turkish": (
        "Ürün çok güzel, kargo hızlı geldi. Hiç memnun kalmadım, bir hafta sonra bozuldu. "
        "Müşteri hizmetleri çok yardımcı oldu, teşekkür ederim. İki gündür şarj olmuyor, iade edeceğim.",
        ("cp1254",),
    ),
}
"""A few sentences each, and the older encodings in which such files are found."""

REVIEWS = (
    "The parcel came two days early and nothing was broken.",
    "I waited a week and nobody ever answered my letters.",
    "Good value for the money and would buy it again at once.",
    "The screen went dark on the very first evening.",
    "Friendly people with clear answers and everything was solved in minutes.",
    "It smells of glue and the colour is not the one I ordered.",
    "My children love it and we play with it every single day.",
    "The handle came off when I lifted it out of the box.",
)


def sentences(count: int, seed: int = 0) -> list[str]:
    """`count` different sentences of a dozen words."""
    chance = random.Random(seed)
    words = sorted({word.strip(".,").lower() for review in REVIEWS for word in review.split()})
    return [" ".join(chance.choices(words, k=10)) + f" number {place}" for place in range(count)]


def table_of(columns: Mapping[str, Sequence[object]]) -> Table:
    """A table as a reader would give it."""
    rows = len(next(iter(columns.values())))
    return Table(
        path="made",
        columns=tuple(columns),
        cells={name: [str(cell) for cell in cells] for name, cells in columns.items()},
        numbers=array("L", range(1, rows + 1)),
        lines=array("L", range(2, rows + 2)),
        skipped=(),
        total=rows,
        reading=Reading(),
        confidence=1.0,
    )
