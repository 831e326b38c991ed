"""What the words beside a number say of it: that it is a telephone number, or that it is something else."""

from __future__ import annotations

import re

_LEFT = 40  # characters before a number that are looked at

_NAMED = r"(?:\s*(?:编号|号|码|no\.?|nr\.?|number|num|code|id|is|was|为|是|[:=#-]))*\s*$"
_REACHED = (
    r"(?:\s*(?:编号|号|码|no\.?|nr\.?|number|num|now|is|was|of|at|on|us|me|him|her|them|to|为|是|[:=#/(*-]))*\s*$"
)

_PHONE = re.compile(
    r"(?:(?<![a-z])(?:tele(?:phone)?|tel|phone|mobile|cell|cellphone|call(?:ed|ing)?|ring|text(?:ed)?|sms|whatsapp"
    r"|fax|hotline|helpline|landline|dial|reach|contact|ph|mob)|电话|手机|座机|固话|致电|来电|拨打|热线|传真|联系方式"
    rf"|短信|☎|📞|📱){_REACHED}",
    re.IGNORECASE,
)

# The second line needs a word such as “number” behind it: a customer has a telephone, a customer number is none.
_OTHER = re.compile(
    r"(?:(?<![a-z])(?:order|invoice|tracking|shipment|parcel|waybill|reference|ref|serial|receipt|transaction|ticket|sku"
    r"|barcode|version|build|timestamp|isbn|issn|ean|upc|imei|doi|asin|gtin|qq|uid|claim|id|(?:user|customer|member"
    r"|account|product|item|part|article|model|batch|case|flight|contract|policy)(?='?s?\s?(?:id|no|num|code|#)))(?:'s)?"
    r"|订单|单号|运单|快递|流水|交易|编号|序列|货号|工号|学号|发票|票号|合同|批号|批次|条码|条形码|商品|产品|型号|版本"
    rf"|会员|账单|保单|工单|扣扣|时间戳|编码){_NAMED}",
    re.IGNORECASE,
)

_VERSION = re.compile(
    r"(?:(?<![a-z])(?:version|ver\.?|v|release|build|firmware|rv|section|sec\.?|chapter|clause|kernel|driver)"
    r"|[a-z]{2}/|版本|版|固件|内核|驱动|章节|第|升级到|更新到|§)(?:\s*(?:号|no\.?|number|is|to|为|是|[:=#v]))*\s*$",
    re.IGNORECASE,
)

_ADDRESS = re.compile(
    r"(?:(?<![a-z])(?:ip|dns|server|host|address|gateway|ping)|地址|服务器|主机|网关)(?:\s|is|为|是|[:=(])*$",
    re.IGNORECASE,
)

_UNIT = re.compile(
    r"\s?(?:元|块钱|万(?![一万])|亿|美元|美金|欧元|日元|港币|人民币|人次|件(?!事)|台|吨|公里|千米|平方|%|％|°"
    r"|(?:usd|rmb|cny|eur|gbp|jpy|km|kg|cm|mm|ms|gb|mb|bytes|dollars|euros|pounds|yuan|people|units|times|votes)\b)",
    re.IGNORECASE,
)

_MONEY = re.compile(
    r"(?:[$€£¥￥₹]|(?:(?<![a-z])(?:rmb|usd|cny|eur|gbp|price|total|amount)|人民币|总价|价格|售价|金额)\s?:?)\s?$",
    re.IGNORECASE,
)

_CARD = re.compile(r"(?:card|visa|debit|credit|卡)[^\n。.!?！？]{0,20}$", re.IGNORECASE)

_HASH = re.compile(r"[0-9a-f]{6}", re.IGNORECASE)

_GLUED = re.compile(r"[A-Za-z_#@~]$")


def says_phone(text: str, start: int) -> bool:
    """Whether the words before `start` announce a telephone number."""
    return _PHONE.search(text[max(0, start - _LEFT) : start]) is not None


def says_other(text: str, start: int, end: int) -> bool:
    """Whether what stands around this number says that it is an order, a price or another thing that is no person's."""
    left = text[max(0, start - _LEFT) : start]
    if _GLUED.search(left) or _MONEY.search(left) or _OTHER.search(left):
        return True
    return _UNIT.match(text, end) is not None or _HASH.match(text, end) is not None


def says_card(text: str, start: int) -> bool:
    """Whether the words before `start` speak of a card."""
    return _CARD.search(text[max(0, start - _LEFT) : start]) is not None


def says_version(text: str, start: int) -> bool:
    """Whether the words before `start` announce a version or a section."""
    return _VERSION.search(text[max(0, start - _LEFT) : start]) is not None


def says_address(text: str, start: int) -> bool:
    """Whether the words before `start` announce a machine's address."""
    return _ADDRESS.search(text[max(0, start - _LEFT) : start]) is not None
