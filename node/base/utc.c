#include "base/utc.h"

#include <stdio.h>

#define SECOND_NS   1000000000LL
#define DAY_SECONDS 86400LL
#define KEY_DAY     86401000000LL /* microseconds of the longest day */
#define KEY_MJD_MAX 100000000     /* days whose keys fit in 64 bits, with margin */
#define MJD_1972    41317         /* UTC in its present form starts here, with TAI - UTC = 10 s */
#define TAI_1972    10
/*
 * Up to this day (2025-12-31, IERS Bulletin C 70) the table below is complete. Later, a month may end with a
 * leap second that this program was not told of (ITU-R TF.460-6 section 2.1).
 */
#define TABLE_END 61040

/* MJD of the UTC days that ended with a leap second (IERS Bulletin C). */
static const int32_t leap_days[] = {
    41498, /* 1972-06-30 */
    41682, /* 1972-12-31 */
    42047, /* 1973-12-31 */
    42412, /* 1974-12-31 */
    42777, /* 1975-12-31 */
    43143, /* 1976-12-31 */
    43508, /* 1977-12-31 */
    43873, /* 1978-12-31 */
    44238, /* 1979-12-31 */
    44785, /* 1981-06-30 */
    45150, /* 1982-06-30 */
    45515, /* 1983-06-30 */
    46246, /* 1985-06-30 */
    47160, /* 1987-12-31 */
    47891, /* 1989-12-31 */
    48256, /* 1990-12-31 */
    48803, /* 1992-06-30 */
    49168, /* 1993-06-30 */
    49533, /* 1994-06-30 */
    50082, /* 1995-12-31 */
    50629, /* 1997-06-30 */
    51178, /* 1998-12-31 */
    53735, /* 2005-12-31 */
    54831, /* 2008-12-31 */
    56108, /* 2012-06-30 */
    57203, /* 2015-06-30 */
    57753, /* 2016-12-31 */
};

#define LEAP_COUNT (sizeof leap_days / sizeof *leap_days)

static bool
is_leap_year(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
month_days(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap_year(year));
}

/* Days since 0000-03-01 and back: years that start in March end with the leap day, in eras of 400 years. */
#define ERA_DAYS 146097
#define MJD_ERA0 (-678881) /* MJD of 0000-03-01 */

int
utc_mjd(int year, int month, int day, int32_t *mjd)
{
    int y;
    int m;

    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return -1;
    y = month > 2 ? year : year - 1;
    m = month > 2 ? month - 3 : month + 9;
    *mjd = y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 + MJD_ERA0;
    return 0;
}

void
utc_calendar(int32_t mjd, int *year, int *month, int *day)
{
    int64_t days = (int64_t)mjd - MJD_ERA0;
    int64_t era = (days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS;
    int of_era = (int)(days - era * ERA_DAYS);
    int y = (of_era - of_era / 1460 + of_era / 36524 - of_era / (ERA_DAYS - 1)) / 365;
    int of_year = of_era - (365 * y + y / 4 - y / 100);
    int m = (5 * of_year + 2) / 153;

    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = (int)(era * 400) + y + (*month <= 2);
}

static bool
has_leap_second(int32_t mjd)
{
    int year;
    int month;
    int day;

    for (size_t i = 0; i < LEAP_COUNT; i++) {
        if (leap_days[i] == mjd)
            return true;
    }
    if (mjd <= TABLE_END)
        return false;
    utc_calendar(mjd, &year, &month, &day);
    return day == month_days(year, month);
}

/* Exactly ${n} digits from ${s}, which is moved on; -1 if there are fewer. */
static int
take_digits(struct span *s, size_t n)
{
    int v = 0;

    if (s->n < n)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return -1;
        v = v * 10 + (s->p[i] - '0');
    }
    *s = span_of(s->p + n, s->n - n);
    return v;
}

static bool
take(struct span *s, char c)
{
    if (s->n == 0 || s->p[0] != (uint8_t)c)
        return false;
    *s = span_of(s->p + 1, s->n - 1);
    return true;
}

/* YYYY-MM-DDT or YYYY-DDDT. */
static int
take_date(struct span *s, int32_t *mjd)
{
    int year = take_digits(s, 4);
    int month = 1;
    int day;

    if (year < 0 || !take(s, '-'))
        return -1;
    if (s->n > 3 && s->p[3] == 'T') {
        day = take_digits(s, 3);
        if (day < 1 || day > 365 + is_leap_year(year) || !take(s, 'T') || utc_mjd(year, 1, 1, mjd) != 0)
            return -1;
        *mjd += day - 1;
        return 0;
    }
    month = take_digits(s, 2);
    if (month < 0 || !take(s, '-'))
        return -1;
    day = take_digits(s, 2);
    if (day < 0 || !take(s, 'T'))
        return -1;
    return utc_mjd(year, month, day, mjd);
}

/* [.d...], cut after nanoseconds. */
static int
take_fraction(struct span *s, int64_t *ns)
{
    int64_t unit = SECOND_NS;
    size_t n = 0;

    *ns = 0;
    if (!take(s, '.'))
        return 0;
    for (; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++) {
        unit /= 10;
        *ns += unit * (s->p[n] - '0');
    }
    *s = span_of(s->p + n, s->n - n);
    return n > 0 ? 0 : -1;
}

/* Two digits; above 99: they are none. */
static unsigned
two(const uint8_t *p)
{
    unsigned tens = p[0] - (unsigned)'0', ones = p[1] - (unsigned)'0';

    return tens > 9 || ones > 9 ? 100 : 10 * tens + ones;
}

/* YYYY-MM-DDThh:mm:ss[.d...][Z] with no leap second: nearly every time there is. False: to be looked at more closely. */
static bool
parse_plain(struct span s, struct utc *out)
{
    const uint8_t *p = s.p;
    unsigned century, year, month, day, h, m, sec;
    int64_t ns = 0, unit = SECOND_NS;
    int32_t mjd;

    s.n -= s.n > 19 && p[s.n - 1] == 'Z';
    if (s.n < 19 || p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' || p[16] != ':')
        return false;
    century = two(p);
    year = two(p + 2);
    month = two(p + 5);
    day = two(p + 8);
    h = two(p + 11);
    m = two(p + 14);
    sec = two(p + 17);
    if (century > 99 || year > 99 || month > 12 || day > 31 || h > 23 || m > 59 || sec > 59 ||
        (s.n > 19 && (p[19] != '.' || s.n == 20)))
        return false;
    for (size_t i = 20; i < s.n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        unit /= 10;
        ns += unit * (p[i] - '0');
    }
    if (utc_mjd((int)(century * 100 + year), (int)month, (int)day, &mjd) != 0)
        return false;
    *out = (struct utc){mjd, (int64_t)(h * 60 + m) * 60 * SECOND_NS + sec * SECOND_NS + ns};
    return true;
}

int
utc_parse(struct span s, struct utc *out)
{
    int32_t mjd;
    int64_t ns;
    int h;
    int m;
    int sec;

    if (parse_plain(s, out))
        return 0;
    if (take_date(&s, &mjd) != 0)
        return -1;
    h = take_digits(&s, 2);
    if (h < 0 || h > 23 || !take(&s, ':'))
        return -1;
    m = take_digits(&s, 2);
    if (m < 0 || m > 59 || !take(&s, ':'))
        return -1;
    sec = take_digits(&s, 2);
    if (sec < 0 || sec > 60 || take_fraction(&s, &ns) != 0)
        return -1;
    if (sec == 60 && (h != 23 || m != 59 || !has_leap_second(mjd)))
        return -1;
    (void)take(&s, 'Z');
    if (s.n > 0)
        return -1;
    out->mjd = mjd;
    out->ns = ((h * 60LL + m) * 60 + sec) * SECOND_NS + ns;
    return 0;
}

/* ns of a struct utc from outside may be anything. */
static int64_t
clamp_ns(int64_t ns, int64_t end)
{
    if (ns < 0)
        return 0;
    return ns < end ? ns : end - 1;
}

void
utc_print(struct utc t, int decimals, char text[UTC_TEXT_MAX])
{
    int64_t ns = clamp_ns(t.ns, UTC_DAY_NS + SECOND_NS);
    int sec = (int)(ns / SECOND_NS);
    int minutes = sec < DAY_SECONDS ? sec / 60 : 1439;
    int year;
    int month;
    int day;
    int n;

    utc_calendar(t.mjd, &year, &month, &day);
    n = snprintf(text, UTC_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, minutes / 60,
                 minutes % 60, sec - minutes * 60);
    if (decimals > 0 && n > 0 && n + 12 <= UTC_TEXT_MAX) {
        decimals = decimals < 9 ? decimals : 9;
        (void)snprintf(text + n, (size_t)(UTC_TEXT_MAX - n), ".%09d", (int)(ns % SECOND_NS));
        n += 1 + decimals;
    }
    text[n] = 'Z';
    text[n + 1] = 0;
}

int
utc_compare(struct utc a, struct utc b)
{
    if (a.mjd != b.mjd)
        return a.mjd < b.mjd ? -1 : 1;
    if (a.ns != b.ns)
        return a.ns < b.ns ? -1 : 1;
    return 0;
}

bool
utc_is_valid(struct utc t)
{
    int year;
    int month;
    int day;

    if (t.ns < 0 || t.ns >= UTC_DAY_NS + (has_leap_second(t.mjd) ? SECOND_NS : 0))
        return false;
    utc_calendar(t.mjd, &year, &month, &day);
    return year >= 1 && year <= 9999;
}

bool
utc_is_zero(struct utc t)
{
    return t.mjd == 0 && t.ns == 0;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t
floor_mod(int64_t a, int64_t b)
{
    return a % b + (a % b < 0 ? b : 0);
}

struct utc
utc_from_unix(int64_t seconds, int64_t ns)
{
    int64_t carry = floor_div(ns, SECOND_NS);
    int64_t days;

    ns = floor_mod(ns, SECOND_NS);
    if (__builtin_add_overflow(seconds, carry, &seconds))
        seconds = carry < 0 ? INT64_MIN : INT64_MAX;
    days = floor_div(seconds, DAY_SECONDS) + UTC_MJD_UNIX;
    seconds = floor_mod(seconds, DAY_SECONDS);
    if (days < INT32_MIN)
        return (struct utc){INT32_MIN, 0};
    if (days > INT32_MAX)
        return (struct utc){INT32_MAX, UTC_DAY_NS - 1};
    return (struct utc){(int32_t)days, seconds * SECOND_NS + ns};
}

struct utc
utc_from_ms(int64_t ms)
{
    return utc_from_unix(ms / 1000, ms % 1000 * 1000000);
}

int64_t
utc_unix(struct utc t)
{
    return ((int64_t)t.mjd - UTC_MJD_UNIX) * DAY_SECONDS + clamp_ns(t.ns, UTC_DAY_NS) / SECOND_NS;
}

static int64_t
unix_fraction(struct utc t)
{
    return clamp_ns(t.ns, UTC_DAY_NS) % SECOND_NS;
}

int64_t
utc_unix_ns(struct utc t)
{
    int64_t seconds = utc_unix(t);

    if (seconds >= INT64_MAX / SECOND_NS)
        return INT64_MAX;
    if (seconds < INT64_MIN / SECOND_NS)
        return INT64_MIN;
    return seconds * SECOND_NS + unix_fraction(t);
}

struct utc
utc_add_ns(struct utc t, int64_t ns)
{
    return utc_from_unix(utc_unix(t) + floor_div(ns, SECOND_NS), unix_fraction(t) + floor_mod(ns, SECOND_NS));
}

int64_t
utc_diff_ms(struct utc a, struct utc b)
{
    /* No overflow: 2^32 days are fewer than 2^59 milliseconds. */
    return (utc_unix(a) - utc_unix(b)) * 1000 + floor_div(unix_fraction(a) - unix_fraction(b), 1000000);
}

int
utc_tai_offset(struct utc t)
{
    int offset = TAI_1972;

    if (t.mjd < MJD_1972)
        return 0;
    for (size_t i = 0; i < LEAP_COUNT && leap_days[i] < t.mjd; i++)
        offset++;
    return offset;
}

int64_t
utc_sort_key(struct utc t)
{
    int64_t mjd = t.mjd;

    if (mjd > KEY_MJD_MAX)
        mjd = KEY_MJD_MAX;
    if (mjd < -KEY_MJD_MAX)
        mjd = -KEY_MJD_MAX;
    return mjd * KEY_DAY + clamp_ns(t.ns, KEY_DAY * 1000) / 1000;
}

struct utc
utc_from_sort_key(int64_t key)
{
    return (struct utc){(int32_t)floor_div(key, KEY_DAY), floor_mod(key, KEY_DAY) * 1000};
}
