"""Worked arithmetic: every call computes one line and keeps it."""


class Working:
    def __init__(self):
        self.lines = []

    def _keep(self, left, sign, right, result):
        self.lines.append(f"{left} {sign} {right} = {result}.")
        return result

    def add(self, left, right):
        return self._keep(left, "+", right, left + right)

    def subtract(self, left, right):
        return self._keep(left, "-", right, left - right)

    def multiply(self, left, right):
        return self._keep(left, "x", right, left * right)

    def divide(self, left, right):
        assert left % right == 0
        return self._keep(left, "/", right, left // right)

    def total(self, parts):
        running = parts[0]
        for part in parts[1:]:
            running = self.add(running, part)
        return running

    def text(self, ending):
        return " ".join([*self.lines, ending])


def clock(minutes):
    return f"{minutes // 60 % 24}:{minutes % 60:02d}"


def listing(parts):
    """'a', 'a and b', 'a, b and c'."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
