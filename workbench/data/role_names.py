"""What columns are called in the data sets of the world, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def _all(weight: float, words: str) -> dict[str, float]:
    return dict.fromkeys(words.split(), weight)


TEXT: Mapping[str, float] = {
    **_all(1.0, "text texts sentence sentences review reviews reviewtext utterance"),
    **_all(1.0, "tweet tweets comment comments message messages content contents"),
    **dict.fromkeys(
        ("body", "document", "documents", "doc", "sms", "post", "posts", "query", "question", "premise"), 0.9
    ),
    **_all(0.9, "phrase passage paragraph essay article feedback complaint narrative"),
    **_all(0.8, "abstract description statement claim response answer dialogue email"),
    **dict.fromkeys(
        ("headline", "news", "transcript", "lyrics", "string", "input", "inputs", "prompt", "request"), 0.7
    ),
    **_all(0.5, "title summary subject snippet hypothesis context words raw"),
    **dict.fromkeys(
        ("文本", "正文", "内容", "评论", "评价", "句子", "消息", "短信", "微博", "留言", "弹幕", "语句"), 1.0
    ),
    **dict.fromkeys(
        ("问题", "描述", "新闻", "文章", "原文", "对话", "话语", "诗", "意见", "反馈", "问句", "提问"), 0.8
    ),
    **_all(0.5, "标题 摘要 题目 主题句"),
}
LABEL: Mapping[str, float] = {
    **_all(1.0, "label labels class classes category categories target sentiment"),
    **_all(0.9, "intent emotion polarity gold topic stance toxic spam sarcasm"),
    **_all(0.7, "tag annotation genre mood duplicate entailment cat output"),
    **dict.fromkeys(
        ("type", "kind", "rating", "stars", "star", "score", "grade", "quality", "y", "answer", "section"), 0.5
    ),
    **_all(1.0, "标签 类别 分类 情感 意图 情绪 极性 类目 倾向 标注"),
    **_all(0.6, "类型 主题 领域 话题 等级 评级 星级 是否 种类 栏目"),
}
NUMBER: Mapping[str, float] = {
    **_all(1.0, "score scores rating ratings similarity stars star points grade"),
    **_all(0.8, "value price target number amount relatedness readability difficulty"),
    **_all(0.5, "label y output mean strength intensity polarity gold count"),
    **_all(1.0, "分数 评分 得分 打分 星级 相似度 价格 分值 难度 数值 成绩"),
}
CLASS_WORDS = frozenset(
    _all(
        1, "label labels class classes category categories intent topic sentiment emotion 标签 类别 分类 情感 意图 情绪"
    )
)
"""Names that say that a column of numbers is a column of classes."""

OTHER: Mapping[str, float] = {
    **_all(1.0, "id ids index idx uuid guid url link uri unnamed row no"),
    **_all(1.0, "date time timestamp datetime created year month day"),
    **_all(0.7, "user username author name file filename path source location"),
    **_all(0.7, "split fold lang language country city keyword keywords hash"),
    **_all(0.7, "confidence annotator worker length count coord timezone parse"),
    **dict.fromkeys(
        ("编号", "序号", "日期", "时间", "链接", "用户", "作者", "来源", "关键词", "姓名", "昵称", "地址"), 0.9
    ),
}
PAIRS: tuple[tuple[str, str], ...] = (
    ("premise", "hypothesis"),
    ("text", "hypothesis"),
    ("question", "answer"),
    ("question", "sentence"),
    ("question", "passage"),
    ("question", "context"),
    ("query", "passage"),
    ("query", "document"),
    ("query", "doc"),
    ("query", "answer"),
    ("query", "response"),
    ("query", "title"),
    ("claim", "evidence"),
    ("prompt", "response"),
    ("prompt", "completion"),
    ("context", "response"),
    ("post", "reply"),
    ("headline", "body"),
    ("问题", "答案"),
    ("问题", "回答"),
    ("问句", "答句"),
    ("前提", "假设"),
)
_FIRST_MARKS = ("1", "a", "one", "first", "left", "一", "")
_SECOND_MARKS = ("2", "b", "two", "second", "right", "二", "pair")


def name_weight(name: str, tokens: Sequence[str], words: Mapping[str, float]) -> float:
    """How much `name` speaks for what `words` stand for: 1.5 where it is such a word, about 1 where it holds one."""
    whole = "".join(name.casefold().split())
    if whole in words:
        return 1.5 * words[whole]
    last = len(tokens) - 1
    latin = [words[token] * (1.1 if place == last else 0.9) for place, token in enumerate(tokens) if token in words]
    chinese = [0.9 * weight for word, weight in words.items() if word > "\u3000" and word in whole]
    return max(latin + chinese, default=0.0)


def names_pair(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether two names (as tokens) belong together and in this order: sentence1, sentence2; question, answer."""
    if any(one in first and two in second for one, two in PAIRS) and list(first) != list(second):
        rest = [token for token in first if token in second]
        return len(rest) < min(len(first), len(second))
    return any(
        _without(first, one) == _without(second, two) and one in (*_spread(first), "") and two in _spread(second)
        for one in _FIRST_MARKS
        for two in _SECOND_MARKS
        if _partner(one, two)
    )


def _partner(one: str, two: str) -> bool:
    return one == "" or (
        one in _FIRST_MARKS and two in _SECOND_MARKS and _FIRST_MARKS.index(one) == _SECOND_MARKS.index(two)
    )


def _spread(tokens: Sequence[str]) -> tuple[str, ...]:
    """Tokens, with Chinese ordinals at an end of a word as tokens of their own."""
    result: list[str] = []
    for token in tokens:
        if len(token) > 1 and token[-1] in "一二":
            result += [token[:-1], token[-1]]
        else:
            result.append(token)
    return tuple(result)


def _without(tokens: Sequence[str], mark: str) -> tuple[str, ...]:
    return tuple(token for token in _spread(tokens) if token != mark) or ("",)
