"""How well questions can be answered without the picture: python3 -m training.world.priors [SCENES] [SEED]

Prints for each kind its questions, the share of its commonest answer, and the score of the best
answer for each wording of the question (learnt on one half, scored on the other), and how
many pictures have far/near >= 20.
"""

import sys
from collections import Counter, defaultdict

from .sample import asked

STEP = 16


def prior_table(questions):
    """{kind: (count, share of the commonest answer, held-out score of the commonest answer by text)}."""
    table = {}
    for kind in sorted({question.kind for question in questions}):
        mine = [question for question in questions if question.kind == kind]
        by_text, overall = defaultdict(Counter), Counter(question.answer for question in mine)
        for question in mine[::2]:
            by_text[question.text][question.answer] += 1
        common = overall.most_common(1)[0]
        guess = {text: answers.most_common(1)[0][0] for text, answers in by_text.items()}
        right = sum(guess.get(question.text, common[0]) == question.answer for question in mine[1::2])
        table[kind] = len(mine), common[1] / len(mine), right / max(1, len(mine[1::2])), overall.most_common(8)
    return table


def main():
    scenes, seed = int(sys.argv[1]) if len(sys.argv) > 1 else 500, sys.argv[2] if len(sys.argv) > 2 else "priors"
    questions, deep = [], 0
    for first in range(0, scenes, STEP):
        _, pictures, found = asked(seed, range(first, first + STEP), colour=False)
        deep += sum(float(depth.max() / depth.min()) >= 20 for depth in pictures.depth)
        questions += [question for some in found for question in some]
    for kind, (count, common, by_text, answers) in prior_table(questions).items():
        print(f"{kind:9} {count:6} questions, commonest {100 * common:.1f} %, by text {100 * by_text:.1f} %, {answers}")
    print(f"{len(questions) / scenes:.2f} questions a picture; far/near >= 20 in {100 * deep / scenes:.1f} % of the pictures")


if __name__ == "__main__":
    main()
