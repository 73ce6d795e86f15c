"""Natural text of two Debian packages as paragraphs: one teaches and measures, the other only measures.

    apt-get download wordnet-base developers-reference && dpkg -x ... ROOT (for each package)
    python3 -m training.natural_text ROOT FOLDER

WordNet's glosses and examples are split by hash into paragraphs to learn from and held-out ones;
the text of the developers' reference is never learnt from. None of it is part of the repository.
"""

import gzip
import hashlib
import re
import sys
from pathlib import Path

import numpy

TRAINING, HELD_OUT, OTHER = "wordnet-training.txt.gz", "wordnet-held-out.txt.gz", "developers-reference.txt.gz"
HELD_OUT_BYTES = 4
LONGEST = 600


def is_held_out(paragraph):
    return hashlib.sha256(paragraph.encode()).digest()[0] < HELD_OUT_BYTES


def glosses(line):
    """'00001740 03 n 01 entity 0 ... | that which ...' as 'entity: that which ...'."""
    record, _, gloss = line.partition("|")
    fields = record.split()
    words = [fields[4 + 2 * index].replace("_", " ").partition("(")[0] for index in range(int(fields[3], 16))]
    return f"{', '.join(words)}: {gloss.strip()}"


def wordnet(folder):
    lines = (line for part in ("noun", "verb", "adj", "adv") for line in (folder / f"data.{part}").read_text().splitlines())
    return sorted({glosses(line) for line in lines if not line.startswith(" ")})


def prose(text):
    """Paragraphs of running text, each on one line."""
    found = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return [part for part in found if len(part) >= 80 and part.endswith((".", ":", "?")) and not part.startswith("*")]


def write(path, paragraphs):
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        file.write("\n".join(paragraphs).encode())


def read(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return file.read().split("\n")


def encoded(tokenizer, paragraphs):
    """Token ids of each paragraph and its line break."""
    return [numpy.array(tokenizer.encode(paragraph + "\n"), dtype=numpy.int16) for paragraph in paragraphs]


def passages(paragraphs):
    """Paragraphs joined to passages of up to LONGEST bytes, as training sees them."""
    found, held = [], ""
    for paragraph in paragraphs:
        if held and len(held) + len(paragraph) + 1 > LONGEST:
            found.append(held)
            held = ""
        held = f"{held}\n{paragraph}" if held else paragraph[:LONGEST]
    return [*found, held] if held else found


def main(root, folder):
    folder.mkdir(parents=True, exist_ok=True)
    paragraphs = wordnet(root / "usr/share/wordnet")
    write(folder / TRAINING, [one for one in paragraphs if not is_held_out(one)])
    held_out = [one for one in paragraphs if is_held_out(one)]
    write(folder / HELD_OUT, sorted(held_out, key=lambda one: hashlib.sha256(one.encode()).digest()))
    with gzip.open(root / "usr/share/developers-reference/developers-reference.txt.gz", "rt", encoding="utf-8") as file:
        write(folder / OTHER, prose(file.read()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
