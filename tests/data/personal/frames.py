"""Sentences to plant made-up values into, in two languages: some in sight of whoever writes the rules, some not."""

from __future__ import annotations

Frames = dict[str, dict[str, tuple[str, ...]]]

LANGUAGES = ("English", "Chinese")

_PLAIN_EN = ("It is {}.", "{}", "we noted {} and went on", "See {} for this")
_PLAIN_ZH = ("是{}。", "{}", "我们记下了{}，然后继续", "见{}这里")

_FIRST: Frames = {
    "English": {
        "email": ("Write to {}.", "my mail is {}, thanks", "<{}>", "Contact: {}; we answer soon", "{}"),
        "phone": ("Call me on {}.", "my number is {}, thanks", "Phone: {}", "{} is my phone", "Ring {} before 5 pm"),
        "chinese-id": ("My Chinese ID is {}.", "ID card: {}", "passport no, but {} is my identity number", "{}"),
        "bank-card": ("Please charge {}.", "my card {} was refused", "Card number: {}", "{} expires 12/27"),
        "iban": ("Pay to {}.", "IBAN: {}", "my account {} is at your bank", "{}"),
        "ip-address": ("The request came from {}.", "IP: {}", "server {} is down", "open {} first", "({})"),
        "credential-url": ("Use {} for now.", "clone {}", "the link {} still works", "({})"),
        "order": ("Order {} is late.", "order number: {}", "my order no. {} never came", "Invoice #{}"),
        "tracking": ("Tracking number {}.", "parcel {} is lost", "tracking: {}"),
        "chat number": ("QQ: {}", "add my QQ {}", "my qq number is {}"),
        "version": ("version {} crashes", "since v{} it is slow", "updated to version {}."),
        "isbn": ("ISBN {}", "the book (ISBN: {}) is torn", "isbn {} please"),
        "wrong check digit": _PLAIN_EN,
        "date": _PLAIN_EN,
        "price": _PLAIN_EN,
        "ratio": _PLAIN_EN,
        "coordinates": _PLAIN_EN,
        "other": _PLAIN_EN,
    },
    "Chinese": {
        "email": ("请发邮件到{}。", "邮箱{}谢谢", "我的邮箱：{}，收到请回复", "联系{}索取资料", "{}"),
        "phone": ("电话：{}，", "请拨打{}联系我", "手机号{}微信同号", "{}是我的号码", "有事打{}！"),
        "chinese-id": ("身份证号：{}，", "我的身份证是{}。", "证件{}已登记", "{}"),
        "bank-card": ("卡号：{}，", "请打到{}这张卡", "银行卡{}被冻结了", "我的卡是{}。"),
        "iban": ("请汇到{}。", "国际账号：{}，", "账户{}已核对", "{}"),
        "ip-address": ("来自{}的请求", "IP：{}，", "服务器{}宕机了", "（{}）"),
        "credential-url": ("请用{}登录", "地址：{}，", "链接{}还能用", "（{}）"),
        "order": ("订单号：{}，", "订单{}还没到", "我的订单编号是{}。", "流水号{}"),
        "tracking": ("快递单号：{}", "运单{}丢了", "单号{}查不到"),
        "chat number": ("QQ：{}", "加我QQ{}", "qq号是{}，"),
        "version": ("版本{}闪退", "升级到v{}之后很卡", "当前版本号：{}"),
        "isbn": ("ISBN：{}", "书号ISBN {}", "这本书（ISBN{}）缺页"),
        "wrong check digit": _PLAIN_ZH,
        "date": _PLAIN_ZH,
        "price": _PLAIN_ZH,
        "ratio": _PLAIN_ZH,
        "coordinates": _PLAIN_ZH,
        "other": _PLAIN_ZH,
    },
}

_MORE_EN = ("Then {} appeared on the screen.", "(it said {})", "- {}", "They wrote {} twice, why?", "Is {} right?")
_MORE_ZH = ("屏幕上显示{}，不知道为什么", "（上面写着{}）", "结果{}呢？", "他们写了{}两次！", "这个{}对吗")

_MORE: Frames = {
    "English": {
        "email": (
            "Hi, I registered with {} but got no mail",
            "refund to paypal {}?",
            "cc {} and wait",
            "“{}” bounced",
            "user:{}",
            "Reach Mrs Jones ({}) about the invoice",
        ),
        "phone": (
            "You can reach us at {} any time",
            "Tel. {} (mornings only)",
            "I changed my mobile to {} last week",
            "driver {} never picked up",
            "text {} for details",
            "fax {}, attn. Sales",
        ),
        "chinese-id": (
            "the holder of {} signed",
            "Resident identity card no. {}",
            "verified: {}, male",
            "with {} I cannot register",
        ),
        "bank-card": (
            "I was billed twice on {}",
            "pay with {} please, cvv follows",
            "visa {} was stolen in Rome",
            "debit: {}",
        ),
        "iban": ("Send the refund to {} today", "Beneficiary {}, thanks", "bank details {} (Berlin)", "my iban is {}"),
        "ip-address": (
            "blocked {} after 5 tries",
            "ssh root@host at {} fails",
            "ping {} times out",
            "client={}, status=200",
        ),
        "credential-url": (
            "curl {} returns 200",
            "backup goes to {} every night",
            'wget "{}"',
            "he pasted {} into the chat",
        ),
        "order": (
            "I placed order #{} on Monday",
            "the reference {} is unknown to you",
            "Your invoice no. {} is wrong",
            "order id: {}",
        ),
        "tracking": ("The shipment {} is stuck in Cologne", "waybill no. {}", "where is my parcel {}?"),
        "chat number": ("find me on QQ {}", "QQ number {}", "her QQ is {}, add her"),
        "version": ("After updating to version {} nothing works", "running firmware {}", "bug in release {}"),
        "isbn": ("please order ISBN {} for me", "reprint (isbn: {})", "the ISBN is {}"),
        "wrong check digit": _MORE_EN,
        "date": _MORE_EN,
        "price": _MORE_EN,
        "ratio": _MORE_EN,
        "coordinates": _MORE_EN,
        "other": _MORE_EN,
    },
    "Chinese": {
        "email": (
            "发票开好后寄到{}就行",
            "客服邮箱是{}吗？",
            "注册用的{}收不到验证码",
            "【{}】退信了",
            "抄送{}，谢谢",
            "用户：{}",
        ),
        "phone": (
            "骑手{}一直不接电话",
            "换号了，新号{}请惠存",
            "预约热线 {}",
            "收件人李女士，{}，朝阳区",
            "急！速回{}",
            "传真{}，联系人王经理",
        ),
        "chinese-id": ("实名认证{}一直失败", "持证人{}，男", "居民身份证（{}）", "填的是{}但提示错误"),
        "bank-card": ("退款请退到{}，谢谢", "尾号不对，应该是{}", "建行卡{}已挂失", "绑定{}失败"),
        "iban": ("收款账号IBAN：{}", "境外汇款到{}要几天", "对方给的是{}，对吗", "IBAN {}"),
        "ip-address": ("登录IP为{}，非本人操作", "{}这个地址一直在扫端口", "把{}加到白名单", "DNS改成{}试试"),
        "credential-url": ("直接访问{}即可", "备份地址{}，别外传", "他把{}发到群里了", "配置里写的是{}，"),
        "order": ("我昨天下的订单，订单号{}", "交易号：{}，未到账", "发票号码{}开错了", "合同编号{}"),
        "tracking": ("顺丰运单号{}三天没动", "快递{}显示签收", "物流单号是{}"),
        "chat number": ("加QQ：{}聊", "我qq号码{}", "扣扣{}在线"),
        "version": ("更新到版本{}后打不开", "固件 {} 有问题", "内核版本是{}"),
        "isbn": ("求购ISBN{}这本", "书的ISBN是{}", "ISBN号：{}"),
        "wrong check digit": _MORE_ZH,
        "date": _MORE_ZH,
        "price": _MORE_ZH,
        "ratio": _MORE_ZH,
        "coordinates": _MORE_ZH,
        "other": _MORE_ZH,
    },
}

LOOKED_AT: Frames = {
    language: {name: _FIRST[language][name] + _MORE[language][name] for name in _FIRST[language]}
    for language in LANGUAGES
}
"""The sentences that were in sight while the rules were written."""

_ASIDE_EN = ("A note with {} was left at the desk.", "[{}]", "“{}” is all it says", "first {}, then silence", "{}?")
_ASIDE_ZH = ("前台留了张纸条，写着{}。", "【{}】", "“{}”就这些", "先是{}，后来就没了", "{}？")

KEPT_ASIDE: Frames = {
    "English": {
        "email": (
            "my login is {}; the reset mail never came",
            "Forwarded by {}",
            "mailto:{}",
            "(see {}, 3rd line)",
            "ask {}!",
            "Dear team,\nplease add {}\nRegards",
        ),
        "phone": (
            "the courier gave {} as a contact",
            "In urgent cases dial {}.",
            "Whatsapp: {} / no calls",
            "Mum's number: {}",
            "{} rang me five times",
            "leave a voicemail at {}, please",
        ),
        "chinese-id": (
            "traveller's ID, {}, was misspelt",
            "resident id={}",
            "Document {} expired",
            "the number {} belongs to my wife",
        ),
        "bank-card": (
            "my mastercard ending? full number {}",
            "refund onto {}!",
            "card on file: {}",
            "“{}” is what I typed",
        ),
        "iban": ("transfer EUR 20 to {}.", "our account ({})", "iban={}", "direct debit from {}, monthly"),
        "ip-address": (
            "someone from {} logged into my account",
            "host {} unreachable",
            "route to {} is lost",
            "addr: {};",
        ),
        "credential-url": ("I set the remote to {} and pushed", "DSN={}", "see <{}>", "it calls {} every minute"),
        "order": (
            "regarding order no {}: still waiting",
            "receipt number: {}",
            "My transaction {} is pending",
            "ref. {}",
        ),
        "tracking": ("Tracking no: {}", "the waybill {} has not moved", "Shipment no. {}"),
        "chat number": ("QQ={}", "contact by QQ: {}", "add qq {} for the group"),
        "version": ("Firmware: {}", "still broken in v{}", "I use version {}, build 7"),
        "isbn": ("ISBN-13: {}", "isbn = {}", "the paperback, ISBN {}, page 3"),
        "wrong check digit": _ASIDE_EN,
        "date": _ASIDE_EN,
        "price": _ASIDE_EN,
        "ratio": _ASIDE_EN,
        "coordinates": _ASIDE_EN,
        "other": _ASIDE_EN,
    },
    "Chinese": {
        "email": (
            "账号{}登不上去",
            "资料发{}，尽快",
            "附件已转给{}。",
            "邮件退回：{}",
            "登录名（{}）被占用",
            "麻烦加一下{}\n谢谢",
        ),
        "phone": (
            "快递员电话{}打不通",
            "留个联系方式：{}",
            "我妈的号码是{}，你打给她",
            "客服{}态度很差",
            "WhatsApp：{}／勿打",
            "有意者请联系{}（王先生）",
        ),
        "chinese-id": ("乘客身份证{}填错了", "证件号码={}", "户主{}已迁出", "这个{}是我爱人的"),
        "bank-card": ("工资卡{}换了", "完整卡号是{}！", "转账到{}没到", "信用卡（{}）还款"),
        "iban": ("请从{}扣款", "（账户{}）", "iban={}", "收款人账号：{}。"),
        "ip-address": ("有人用{}登录了我的账号", "主机{}连不上", "网关是{}。", "ip={}；"),
        "credential-url": ("远程仓库设成了{}", "数据库连接：{}", "见《{}》", "每分钟请求{}一次"),
        "order": ("订单编号：{}，一直没发货", "单据流水号{}", "发票号{}", "合同号：{}"),
        "tracking": ("快递单号{}", "运单号：{}，已三天", "物流单号：{}"),
        "chat number": ("QQ={}", "加qq：{}", "QQ群号：{}"),
        "version": ("固件版本：{}", "v{}还是不行", "我用的是版本{}"),
        "isbn": ("ISBN-13：{}", "isbn号是{}", "平装本ISBN：{}，第三页"),
        "wrong check digit": _ASIDE_ZH,
        "date": _ASIDE_ZH,
        "price": _ASIDE_ZH,
        "ratio": _ASIDE_ZH,
        "coordinates": _ASIDE_ZH,
        "other": _ASIDE_ZH,
    },
}
"""The sentences that were kept aside: the figures are of these."""
