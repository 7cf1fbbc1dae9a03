"""Distance: by how many mistakes of typing two words differ."""


def within(one: str, other: str, most: int) -> bool:
    """Tell whether at most so many letters are missing, added, replaced, or swapped with the next."""
    if abs(len(one) - len(other)) > most:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        fresh = [at]
        for its, it in enumerate(other, 1):
            cost = min(row[its] + 1, fresh[its - 1] + 1, row[its - 1] + (letter != it))
            if before and its > 1 and letter == other[its - 2] and one[at - 2] == it:
                cost = min(cost, before[its - 2] + 1)
            fresh.append(cost)
        if min(fresh) > most:
            return False
        before, row = row, fresh
    return row[-1] <= most
