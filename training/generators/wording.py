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
    return text.replace("\n", "|").split("|")


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


def place(rng, facts, question):
    """The question mostly follows the facts, sometimes it comes first."""
    facts, question = upper(facts), upper(question)
    return f"{question} {facts}" if rng.random() < 0.25 else f"{facts} {question}"
