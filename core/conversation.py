"""Telling conversation ("who are you?", "thanks") from a question to the library."""

from __future__ import annotations

import re

_REMARKS = (
    r"(?:hi|hello|hey|good (?:morning|afternoon|evening|night|day)|greetings)(?: there| vademecum)?",
    r"(?:many )?(?:thanks|thank you|thx|cheers)(?: (?:a lot|so much|very much|again|for (?:your|the) help))?",
    r"(?:ok|okay|great|perfect|good|nice|well done|got it|i see)(?:,? (?:thanks|thank you))?",
    r"(?:good)?bye|see you(?: later| tomorrow)?",
    r"how are you(?: doing)?(?: today)?",
    r"(?:and )?(?:who|what) (?:are|r) you|what(?:'s| is) your name|(?:please )?introduce yourself",
    r"(?:which|what) (?:company|firm|organi[sz]ation) (?:made|built|trained|created|developed) you",
    r"(?:which|what) (?:language )?(?:model|ai) are you",
    r"who (?:made|built|trained|created|developed) you",
    r"are you (?:chatgpt|gpt|qwen|claude|gemini|an ai|a robot|a bot|human)(?:,? right)?",
    r"what can you do(?: for me)?|how can you help(?: me)?|what are you for|help",
    r"(?:你|您)(?:好|们好)(?:啊|呀|吗)?|嗨|哈喽|早上好|下午好|晚上好|早安|晚安",
    r"(?:非常|多|太|十分)?(?:感谢|谢谢|多谢|谢了)(?:你|您|啦|了|你的帮助|您的帮助)?",
    r"好的?(?:吧|，?谢谢)?|明白了?|知道了|再见|拜拜",
    r"(?:请问)?(?:你|您)是谁(?:啊|呀|呢)?|(?:你|您)(?:叫|是)什么(?:名字|模型)?|(?:你|您)的名字(?:是什么|叫什么)",
    r"(?:请)?(?:介绍一下|介绍)?(?:你|您)?(?:自我介绍|自己)(?:一下)?|请自我介绍",
    r"(?:你|您)(?:能|会|可以)(?:做|干)(?:些)?什么|(?:你|您)有什么(?:功能|用)",
    r"(?:你|您)是(?:哪家|哪个|什么)公司(?:的|开发的|训练的|做的)?|谁(?:开发|训练|创造|制造)了?(?:你|您)(?:的)?",
    r"(?:你|您)是(?:机器人|人|人工智能|chatgpt|gpt|通义千问|千问)吗",
)
_CONVERSATION = re.compile("|".join(f"(?:{r})" for r in _REMARKS))


def is_conversation(question: str) -> bool:
    """Whether every sentence of ``question`` is a greeting, thanks, or a question about the assistant itself."""
    parts = [p.strip(" ,，~～") for p in re.split(r"[.!?。！？;；\n]+", question.lower())]
    said = [p for p in parts if p]
    return bool(said) and all(_CONVERSATION.fullmatch(p) for p in said)
