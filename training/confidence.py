"""When may an exit answer for the deepest one? Margins between its two best logits, and what they promise.

Clopper and Pearson's 95 % upper bound on the share of differing tokens holds on one half of the
answers; the other half says what it was worth.
"""

import hashlib
import math

RISKS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
DOUBT = 0.05


def _fraction(a, b, x):
    """The continued fraction of the incomplete beta function, after Lentz."""
    tiny, c, d = 1e-300, 1.0, 1 / max(1 - (a + b) * x / (a + 1), 1e-300)
    found = d
    for m in range(1, 500):
        before = found
        for term in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d, c = 1 / (1 + term * d or tiny), 1 + term / c or tiny
            found *= c * d
        if abs(found / before - 1) < 1e-12:
            break
    return found


def beta_share(a, b, x):
    """The regularised incomplete beta function I_x(a, b)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    return front * _fraction(a, b, x) / a if x < (a + 1) / (a + b + 2) else 1 - front * _fraction(b, a, 1 - x) / b


def holds(errors, count, risk):
    """True where the upper bound of errors / count is at most `risk`."""
    return errors < risk * count and beta_share(count - errors, errors + 1, 1 - risk) <= DOUBT


def margin_for(tokens, risk):
    """The smallest margin whose tokens (margin, differs) keep within the risk; None where no margin does."""
    ordered, errors = sorted(tokens, reverse=True), 0
    counts = [(at, errors := errors + differs) for at, (_, differs) in enumerate(ordered, 1)]
    for count, errors in reversed(counts):
        if holds(errors, count, risk):
            return ordered[count - 1][0] if count < len(ordered) else 0.0
    return None


def first_half(name):
    return hashlib.sha256(name.encode()).digest()[0] < 128


def calibrate(rows):
    """`rows`: for each answer its id and its tokens' (margin, differs). Margins by risk, and how they did."""
    sides = {side: [token for name, tokens in rows if first_half(name) == side for token in tokens] for side in (True, False)}
    found = []
    for risk in RISKS:
        margin = margin_for(sides[True], risk)
        if margin is None:
            continue
        margin = math.ceil(margin * 1000) / 1000
        sure = [differs for least, differs in sides[False] if least >= margin]
        measured = sum(sure) / len(sure) if sure else 0.0
        found.append({"risk": risk, "margin": margin, "measured": round(measured, 5), "share": round(len(sure) / len(sides[False]), 4)})
    return found
