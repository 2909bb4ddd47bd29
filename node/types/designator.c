#include "types/designator.h"

#include <stdio.h>

#include "base/num.h"
#include "base/text.h"

#define NORAD_MAX 999999999 /* nine digits (502.0-B-3 table 4-3) */

static bool
is_digits(struct span s, size_t from, size_t n)
{
    for (size_t i = from; i < from + n; i++) {
        if (i >= s.n || s.p[i] < '0' || s.p[i] > '9')
            return false;
    }
    return true;
}

bool
designator_is_cospar(struct span id)
{
    if (id.n < 9 || id.n > 11 || !is_digits(id, 0, 4) || id.p[4] != '-' || !is_digits(id, 5, 3))
        return false;
    for (size_t i = 8; i < id.n; i++) {
        if (id.p[i] < 'A' || id.p[i] > 'Z')
            return false;
    }
    return true;
}

uint64_t
designator_norad(struct span id)
{
    uint64_t n;

    return num_uint(id, NORAD_MAX, &n) == 0 ? n : 0;
}

void
designator_key(const char *name, char *out, size_t size)
{
    (void)snprintf(out, size, "%s", name);
    out[text_utf8_prefix(span_str(out))] = 0;
}

/* ${t} plus ${ns}, below a day, without leap seconds: the scales that differ from UTC have none. */
static struct utc
shift(struct utc t, int64_t ns)
{
    t.ns += ns;
    if (t.ns < 0) {
        t.ns += UTC_DAY_NS;
        t.mjd--;
    } else if (t.ns >= UTC_DAY_NS) {
        t.ns -= UTC_DAY_NS;
        t.mjd++;
    }
    return t;
}

struct utc
designator_utc(struct span text, struct span system)
{
    static const struct {
        const char *system;
        int64_t ahead_of_tai_ns;
    } scales[] = {{"TAI", 0}, {"GPS", -19000000000}, {"TT", 32184000000}, {"TDB", 32184000000}};
    struct utc t;

    if (utc_parse(text, &t) != 0)
        return (struct utc){0, 0};
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        if (text_equal_nocase(system, scales[i].system)) {
            t = shift(t, -scales[i].ahead_of_tai_ns);
            return shift(t, -(int64_t)utc_tai_offset(t) * 1000000000);
        }
    }
    return t;
}
