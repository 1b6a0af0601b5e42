"""Makes a shop's export, as a bulk operation of Shopify writes it, and what was known of it before.

Deterministic: the same number of customers and the same seed give the same bytes. No person is made up:
names and addresses are random letters.
"""

import random
import string

SEED = 20261121
FIRST_ID = 6_157_654_556_905
DOMAINS = ["example.com", "example.org", "example.net"]
COUNTRIES = ["US", "CA", "GB", "DE", "FR", "AU", "JP", "BR"]
DIFFERING = 200  # one in so many
TITLE = "id\tsegment\tspend\torders\n"


def words(rng, least, most):
    return "".join(rng.choices(string.ascii_lowercase, k=rng.randint(least, most)))


def moment(rng, year):
    return "%d-%02d-%02dT%02d:%02d:%02dZ" % (
        year, rng.randint(1, 12), rng.randint(1, 28),
        rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59))


def bought(rng):
    """Orders and cents, spread as in a shop: many buy once, few buy often."""
    lot = rng.random()
    if lot < 0.22:
        return 0, 0
    orders = 1 if lot < 0.62 else rng.randint(2, 5) if lot < 0.90 else min(6 + int(rng.expovariate(0.2)), 400)
    return orders, sum(int(rng.lognormvariate(8.3, 0.9)) for _ in range(min(orders, 4))) * max(orders // 4, 1)


def decimal(cents):
    """As Shopify writes amounts: one decimal at least, and no zero after the first."""
    text = "%d.%02d" % divmod(cents, 100)
    return text[:-1] if text.endswith("0") else text


def segment(orders, cents):
    if orders >= 6 or cents >= 50_000:
        return "vip"
    return "returning" if orders >= 2 else "new" if orders == 1 else ""


def wide_fields(rng):
    """What else a customer has, about twice as long as the rest."""
    return (
        ',"state":"ENABLED","locale":"en","note":%s,"taxExempt":false,"verifiedEmail":true,'
        '"tags":["%s","%s"],"defaultAddress":{"address1":"%d %s","address2":null,"city":"%s","province":null,'
        '"provinceCode":null,"country":"%s","countryCodeV2":"%s","zip":"%05d"},'
        '"defaultPhoneNumber":{"phoneNumber":"+1555%07d"},"lifetimeDuration":"over %d years",'
        '"statistics":{"predictedSpendTier":"MEDIUM","rfmGroup":"PROMISING"},'
        '"lastOrder":{"id":"gid:\\/\\/shopify\\/Order\\/%d","name":"#%d","createdAt":"%s","cancelledAt":null},'
        '"image":{"url":"https:\\/\\/cdn.example.com\\/avatars\\/%s.png"}'
        % (
            "null" if rng.random() < 0.9 else '"%s \\"%s\\" %s"' % (words(rng, 3, 9), words(rng, 3, 9), words(rng, 3, 9)),
            words(rng, 4, 9), words(rng, 4, 9), rng.randint(1, 9999), words(rng, 6, 14), words(rng, 5, 12),
            words(rng, 5, 12), rng.choice(COUNTRIES), rng.randint(0, 99999), rng.randint(0, 9999999),
            rng.randint(1, 9), rng.randint(10**12, 10**13), rng.randint(1000, 999999), moment(rng, 2026),
            words(rng, 24, 32),
        )
    )


def generate(customers, export, previous, wide):
    rng, extra = random.Random(SEED), random.Random(SEED + 1)
    identity = FIRST_ID
    with open(export, "w") as rows, open(previous, "w") as known:
        known.write(TITLE)
        for _ in range(customers):
            identity += rng.randint(1, 65536)
            orders, cents = bought(rng)
            email = "null" if rng.random() < 0.02 else '{"emailAddress":"%s.%s@%s"}' % (
                words(rng, 3, 9), words(rng, 4, 12), rng.choice(DOMAINS))
            rows.write(
                '{"id":"gid:\\/\\/shopify\\/Customer\\/%d","displayName":"%s","defaultEmailAddress":%s,'
                '"numberOfOrders":"%d","amountSpent":{"amount":"%s","currencyCode":"USD"},'
                '"createdAt":"%s","updatedAt":"%s"%s}\n'
                % (identity, words(rng, 3, 9), email, orders, decimal(cents),
                   moment(rng, 2024), moment(rng, rng.choice([2025, 2026])),
                   wide_fields(extra) if wide else ""))
            before = (segment(orders, cents), cents, orders)
            if rng.randrange(DIFFERING) == 0:
                lot = rng.random()
                if lot < 0.02:  # new since
                    continue
                if lot < 0.04:  # and one who is gone since
                    known.write("%d\tnew\t20.0\t1\n" % (identity - 1))
                else:
                    fewer = max(orders - 1, 0)
                    less = cents * fewer // orders if orders else 100
                    before = (segment(fewer, less), less, fewer)
            known.write("%d\t%s\t%s\t%d\n" % (identity, before[0], decimal(before[1]), before[2]))


def shuffle(export, shuffled):
    """The same rows in random order; all of them are held meanwhile."""
    with open(export) as rows:
        lines = rows.readlines()
    random.Random(SEED + 2).shuffle(lines)
    with open(shuffled, "w") as rows:
        rows.writelines(lines)


def forget(previous):
    """What is known of a shop of which nothing is known."""
    with open(previous, "w") as known:
        known.write(TITLE)


if __name__ == "__main__":
    import sys

    match sys.argv[1:]:
        case ["shuffle", export, shuffled]:
            shuffle(export, shuffled)
        case ["forget", previous]:
            forget(previous)
        case [customers, export, previous, *form]:
            generate(int(customers), export, previous, form == ["wide"])
        case _:
            sys.exit("usage: generate.py CUSTOMERS EXPORT PREVIOUS [wide] "
                     "| generate.py shuffle EXPORT SHUFFLED | generate.py forget PREVIOUS")
