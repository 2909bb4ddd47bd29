#include "base/num.h"

#include <math.h>
#include <stdlib.h>

#include "base/limit.h"

#define EXPONENT_MAX 9999

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Digits only, at least one, at most ${max} in value. */
static int
read_digits(struct span s, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;

    if (s.n == 0)
        return -1;
    for (size_t i = 0; i < s.n; i++) {
        uint64_t digit;

        if (!is_digit(s.p[i]))
            return -1;
        digit = (uint64_t)(s.p[i] - '0');
        if (v > max / 10 || (v == max / 10 && digit > max % 10))
            return -1;
        v = v * 10 + digit;
    }
    *out = v;
    return 0;
}

/* Take a sign; true if it was '-'. */
static bool
take_sign(struct span *s)
{
    bool minus = s->n > 0 && s->p[0] == '-';

    if (minus || (s->n > 0 && s->p[0] == '+'))
        *s = span_of(s->p + 1, s->n - 1);
    return minus;
}

int
num_int(struct span s, int64_t min, int64_t max, int64_t *out)
{
    bool minus = take_sign(&s);
    uint64_t v;
    int64_t n;

    if (read_digits(s, minus ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX, &v) != 0)
        return -1;
    if (minus)
        n = v == 0 ? 0 : -(int64_t)(v - 1) - 1; /* INT64_MIN has no positive twin */
    else
        n = (int64_t)v;
    if (n < min || n > max)
        return -1;
    *out = n;
    return 0;
}

int
num_uint(struct span s, uint64_t max, uint64_t *out)
{
    if (take_sign(&s))
        return -1;
    return read_digits(s, max, out);
}

size_t
num_print(uint64_t v, char out[NUM_PRINT_MAX])
{
    char reversed[NUM_PRINT_MAX];
    size_t n = 0;

    do {
        reversed[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    for (size_t i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    out[n] = 0;
    return n;
}

/* A decimal taken apart: +-0.DIGITS x 10^exponent, without leading zeros; no digits when it is zero. */
struct parts {
    bool minus;
    unsigned n;
    uint8_t digits[LIMIT_DIGITS_COUNT];
    int exponent;
};

/* [digits][.digits] up to an exponent letter; the number of bytes taken, 0 if there is no digit. */
static size_t
split_mantissa(struct span s, struct parts *out)
{
    bool point = false;
    bool any = false;
    size_t i;

    for (i = 0; i < s.n; i++) {
        if (s.p[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(s.p[i]))
            break;
        any = true;
        if (s.p[i] == '0' && out->n == 0) {
            out->exponent -= point; /* a leading zero behind the point */
            continue;
        }
        out->digits[out->n++] = s.p[i];
        out->exponent += !point;
    }
    return any ? i : 0;
}

static bool
is_exponent_letter(uint8_t c)
{
    return c == 'e' || c == 'E' || c == 'd' || c == 'D';
}

static int
split(struct span s, struct parts *out)
{
    uint64_t exponent = 0;
    size_t taken;
    bool minus;

    *out = (struct parts){0};
    if (s.n > LIMIT_DIGITS_COUNT)
        return -1;
    out->minus = take_sign(&s);
    taken = split_mantissa(s, out);
    if (taken == 0)
        return -1;
    s = span_of(s.p + taken, s.n - taken);
    if (s.n == 0)
        return 0;
    if (!is_exponent_letter(s.p[0]))
        return -1;
    s = span_of(s.p + 1, s.n - 1);
    minus = take_sign(&s);
    if (read_digits(s, EXPONENT_MAX, &exponent) != 0)
        return -1;
    out->exponent += minus ? -(int)exponent : (int)exponent;
    return 0;
}

bool
num_is_decimal(struct span s)
{
    struct parts parts;

    if (s.n > 4 && is_digit(s.p[0]) && s.p[4] == '-' && is_digit(s.p[3]))
        return false; /* a date: no exponent letter stands before its hyphen */
    return split(s, &parts) == 0;
}

/* Digits, behind those of ${v}; the number of them. */
static size_t
take_run(const uint8_t **at, const uint8_t *end, uint64_t *v)
{
    const uint8_t *p = *at;
    uint64_t sum = *v;
    unsigned digit;

    for (; p < end && (digit = *p - (unsigned)'0') <= 9; p++)
        sum = sum * 10 + digit;
    *v = sum;
    sum = (size_t)(p - *at);
    *at = p;
    return sum;
}

/* [digits][.digits] as an integer and the number of digits behind the point. False: more digits than are exact, or none. */
static bool
short_mantissa(const uint8_t **at, const uint8_t *end, uint64_t *digits, int *behind)
{
    size_t before, after = 0;

    *digits = 0;
    before = take_run(at, end, digits);
    if (*at < end && **at == '.') {
        ++*at;
        after = take_run(at, end, digits);
    }
    *behind = (int)after;
    /* Up to 18 digits cannot overflow; zeros in front do not count. */
    return before + after >= 1 && before + after <= 18 && *digits <= 999999999999999;
}

/*
 * Up to 15 digits and a power of ten up to 22 are doubles without rounding: one multiplication or division rounds once, as
 * strtod() would (Clinger, "How to read floating point numbers accurately", 1990). That is what data looks like. False: it
 * is not such a number, or none at all.
 */
static bool
is_short(struct span s, double *out)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    bool is_other = s.n == 0 || s.n > LIMIT_DIGITS_COUNT;
    bool minus = !is_other && take_sign(&s);
    const uint8_t *p = s.p;
    const uint8_t *end;
    uint64_t digits, exponent = 0;
    int behind, power;
    double v;

    if (is_other)
        return false;
    end = s.p + s.n;
    if (!short_mantissa(&p, end, &digits, &behind))
        return false;
    power = -behind;
    if (p < end) {
        struct span rest = span_of(p + 1, (size_t)(end - p) - 1);
        bool is_below;

        if (!is_exponent_letter(*p))
            return false;
        is_below = take_sign(&rest);
        if (read_digits(rest, 99, &exponent) != 0)
            return false;
        power += is_below ? -(int)exponent : (int)exponent;
    }
    if (power < -22 || power > 22)
        return false;
    v = power < 0 ? (double)digits / tens[-power] : (double)digits * tens[power];
    *out = minus ? -v : v;
    return true;
}

int
num_double(struct span s, double *out)
{
    char text[LIMIT_DIGITS_COUNT + 1];
    struct parts parts;
    double v;

    if (is_short(s, out))
        return 0;
    if (split(s, &parts) != 0)
        return -1;
    for (size_t i = 0; i < s.n; i++)
        text[i] = (char)(is_exponent_letter(s.p[i]) ? 'e' : s.p[i]);
    text[s.n] = 0;
    /* strtod() reads the point of the locale: it is '.', because no program here calls setlocale(). */
    v = strtod(text, NULL);
    if (!isfinite(v))
        return -1;
    *out = v;
    return 0;
}

/* Compare the magnitudes of two decimals that are not zero. */
static int
compare_parts(const struct parts *a, const struct parts *b)
{
    unsigned n = a->n > b->n ? a->n : b->n;

    if (a->exponent != b->exponent)
        return a->exponent < b->exponent ? -1 : 1;
    for (unsigned i = 0; i < n; i++) {
        uint8_t x = i < a->n ? a->digits[i] : '0';
        uint8_t y = i < b->n ? b->digits[i] : '0';

        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

static int
sign_of(const struct parts *parts)
{
    if (parts->n == 0)
        return 0;
    return parts->minus ? -1 : 1;
}

int
num_compare(struct span a, struct span b)
{
    struct parts x;
    struct parts y;

    (void)split(a, &x); /* the contract: both are decimals */
    (void)split(b, &y);
    if (sign_of(&x) != sign_of(&y))
        return sign_of(&x) < sign_of(&y) ? -1 : 1;
    return sign_of(&x) * compare_parts(&x, &y);
}
