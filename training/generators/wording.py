"""Ways to ask: noun phrases in many frames, before or after the facts."""

_FRAMES = """What is {}?|What is {}?|What's {}?|Tell me {}.|Give me {}.|I need {}.|Please compute {}.|Can you tell me {}?|Work out {}.|Find {}.
What would {} be?|I want to know {}.|Calculate {}.|Could you work out {}?|We need to know {}.|Do you know {}?|Let me know {}.|Say {}.|Report {}.
Show me {}.|Determine {}.|What will {} be?|I would like to know {}.|Please tell me {}.|Then what is {}?|So what is {}?|State {}.|Now tell me {}."""
_NEW_FRAMES = "Please give me {}.|Help me find {}.|Compute {} for me.|Can you give me {}?|Please work out {}.|What, then, is {}?"
_CLAUSE_FRAMES = """Tell me {}.|Can you tell me {}?|I want to know {}.|We need to know {}.|Do you know {}?|Let me know {}.|Say {}.|Report {}.
I would like to know {}.|Please tell me {}.|Now tell me {}.|Work out {}.|Find out {}.|Could you tell me {}?|Please say {}.|Could you work out {}?|Show me {}."""
_NEW_CLAUSE_FRAMES = "I wonder {}.|Help me find out {}.|Can you work out {}?|We would like to know {}."
_CLAUSE_WORDS = "how what when where which who whether if at".split()
FRAMES = _FRAMES.replace("\n", "|").split("|")
NEW_FRAMES = _NEW_FRAMES.split("|")
CLAUSE_FRAMES = (_CLAUSE_FRAMES.replace("\n", "|").split("|"), _NEW_CLAUSE_FRAMES.split("|"))


def phrases(text):
    return [phrase for phrase in text.replace("\n", "|").split("|") if phrase]


def _frames(noun, unseen):
    if noun.split()[0] in _CLAUSE_WORDS:
        return CLAUSE_FRAMES[unseen]
    return (FRAMES, NEW_FRAMES)[unseen]


def ask(rng, unseen, nouns, questions):
    """One question: a noun phrase in a frame, or a ready-made one; the last ready-made one is a new wording."""
    if rng.random() < 0.5:
        noun = rng.choice(nouns)
        return rng.choice(_frames(noun, unseen)).format(noun)
    return questions[-1] if unseen else rng.choice(questions[:-1])


def upper(text):
    return text[0].upper() + text[1:]


_SMALL_WORDS = "The We It There A My Our This On At From For One Someone Each How What Which Who When Is Can Will Does Where In Could May Do Then Has Its Every At With What's We're So Now By".split()


def lower(text):
    """The text inside a sentence: its first word in small letters unless it is a name."""
    return text[0].lower() + text[1:] if text.split()[0] in _SMALL_WORDS else text


def place(rng, facts, question):
    """The question mostly follows the facts, sometimes it comes first, now and then both are one sentence."""
    facts, question = upper(facts), upper(question)
    if question[-1] == "?" and facts.count(". ") < 2 and ":" not in facts and rng.random() < 0.1:
        told = " and ".join(map(lower, facts.rstrip(".").split(". ")))
        return f"If {told}, {lower(question)}" if rng.random() < 0.5 else f"{upper(told)}, {lower(question)}"
    return f"{question} {facts}" if rng.random() < 0.25 else f"{facts} {question}"
