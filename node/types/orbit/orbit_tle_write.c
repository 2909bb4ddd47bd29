/* Two-line elements out: exactly, or not at all. */
#include "types/orbit/orbit_map.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "base/utc.h"
#include "types/designator.h"
#include "types/orbit/orbit_decimal.h"

#define COLUMNS      69
#define NAME_COLUMNS 24
#define DIGITS_MAX   99999  /* of five columns */
#define ALPHA5_MAX   339999 /* Z9999 */
#define TICK_NS      864000 /* 1e-8 day */

struct line {
    char text[COLUMNS + 2];
};

static int
cannot(struct why *why, const char *keyword, const char *note)
{
    return why_set(why, WHY_CANNOT_HOLD, 0, 0, keyword, "%s", note);
}

static void
set(struct line *line, unsigned from, const char *text)
{
    memcpy(line->text + from - 1, text, strlen(text));
}

static int
set_number(struct line *line, const Parallax__V1__Orbit *orbit, const struct convert *how, struct why *why)
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ";
    uint64_t number = orbit->norad_cat_id;
    char text[8];

    if (number == 0)
        return cannot(why, "NORAD_CAT_ID", "not given: a TLE needs one");
    if (number > ALPHA5_MAX)
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, "NORAD_CAT_ID",
                       "%" PRIu64 ": a TLE holds at most %d (Alpha-5 Z9999)", number, ALPHA5_MAX);
    if (number > DIGITS_MAX && !how->alpha5)
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, "NORAD_CAT_ID",
                       "%" PRIu64 ": a TLE holds five digits; Alpha-5 has to be asked for", number);
    if (number > DIGITS_MAX)
        (void)snprintf(text, sizeof text, "%c%04u", letters[number / 10000 - 10], (unsigned)(number % 10000));
    else
        (void)snprintf(text, sizeof text, "%05u", (unsigned)number);
    set(line, 3, text);
    return 0;
}

static int
set_designator(struct line *line, const Parallax__V1__Orbit *orbit, struct why *why)
{
    const char *id = orbit->object_id;
    char text[12];

    if (*id == 0 || strcmp(id, "UNKNOWN") == 0)
        return 0;
    if (!designator_is_cospar(span_str(id)) || strcmp(id, "1957") < 0 || strcmp(id, "2057") >= 0)
        return cannot(why, "OBJECT_ID", "a TLE holds YYYY-NNNP{PP} from 1957 to 2056");
    (void)snprintf(text, sizeof text, "%.2s%.3s%s", id + 2, id + 5, id + 8);
    set(line, 10, text);
    return 0;
}

static int
set_epoch(struct line *line, const Parallax__V1__Orbit *orbit, struct why *why)
{
    struct span text = span_str(orbit->epoch);
    struct utc t;
    int year, month, day;
    int32_t first;
    char column[24];
    size_t point = 0;

    if (utc_parse(text, &t) != 0)
        return cannot(why, "EPOCH", "no time");
    /* utc_parse() cuts behind the ninth decimal. */
    while (point < text.n && text.p[point] != '.')
        point++;
    for (size_t i = point + 10; i < text.n; i++) {
        if (text.p[i] >= '1' && text.p[i] <= '9')
            return cannot(why, "EPOCH", "a TLE holds multiples of 864 us");
    }
    utc_calendar(t.mjd, &year, &month, &day);
    if (year < 1957 || year > 2056)
        return cannot(why, "EPOCH", "a TLE holds the years 1957 to 2056");
    if (t.ns % TICK_NS != 0 || t.ns >= UTC_DAY_NS)
        return cannot(why, "EPOCH", "a TLE holds multiples of 864 us");
    (void)utc_mjd(year, 1, 1, &first);
    (void)snprintf(column, sizeof column, "%02d%03d.%08d", year % 100, (int)(t.mjd - first + 1),
                   (int)(t.ns / TICK_NS));
    set(line, 19, column);
    return 0;
}

/* Columns for ${before} digits and ${behind} decimals; not negative. */
static int
set_fixed(struct line *line, unsigned from, unsigned before, char pad, bool point, unsigned behind,
          const char *keyword, const char *value, struct why *why)
{
    struct orbit_decimal d;
    char text[24];

    orbit_decimal_read(span_str(value), &d);
    if (d.minus && d.n > 0)
        return cannot(why, keyword, "a TLE holds no negative one");
    if (orbit_decimal_fixed(&d, before, pad, point, behind, text) != 0)
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, keyword,
                       "%.40s: a TLE holds %u digits before the point and %u behind it", value, before,
                       behind);
    set(line, from, text);
    return 0;
}

static int
set_first_derivative(struct line *line, const char *value, struct why *why)
{
    struct orbit_decimal d;
    char text[24];

    orbit_decimal_read(span_str(value), &d);
    if (orbit_decimal_fixed(&d, 0, '0', true, 8, text) != 0)
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, "MEAN_MOTION_DOT",
                       "%.40s: a TLE holds eight decimals, below 1", value);
    if (d.minus)
        set(line, 34, "-");
    set(line, 35, text);
    return 0;
}

static int
set_exponential(struct line *line, unsigned from, const char *keyword, const char *value, struct why *why)
{
    struct orbit_decimal d;
    char digits[6];
    char text[24];
    int exponent;

    orbit_decimal_read(span_str(value), &d);
    if (orbit_decimal_exponential(&d, digits, &exponent) != 0)
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, keyword,
                       "%.40s: a TLE holds five digits and an exponent of -9 to 9", value);
    (void)snprintf(text, sizeof text, "%c%s%c%d", d.minus && d.n > 0 ? '-' : ' ', digits,
                   d.n == 0 || exponent > 0 ? '+' : '-', exponent < 0 ? -exponent : exponent);
    set(line, from, text);
    return 0;
}

/* A whole number, right-aligned in columns ${from}..${to}. */
static int
set_integer(struct line *line, unsigned from, unsigned to, const char *keyword, const char *value,
            struct why *why)
{
    uint64_t n = 0;
    char text[24];

    if (*value == 0)
        return 0;
    (void)num_uint(span_str(*value == '+' ? value + 1 : value), UINT64_MAX, &n);
    if (snprintf(text, sizeof text, "%*" PRIu64, (int)(to - from + 1), n) > (int)(to - from + 1))
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, keyword, "%.40s: a TLE holds %u digits", value,
                       to - from + 1);
    set(line, from, text);
    return 0;
}

static void
finish(struct line *line, struct buf *out)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < COLUMNS - 1; i++)
        sum += line->text[i] == '-'                           ? 1
               : line->text[i] >= '0' && line->text[i] <= '9' ? (unsigned)(line->text[i] - '0')
                                                              : 0;
    line->text[COLUMNS - 1] = (char)('0' + sum % 10);
    line->text[COLUMNS] = '\n';
    buf_put(out, line->text, COLUMNS + 1);
}

static int
build_line1(struct line *line, const Parallax__V1__Orbit *orbit, const struct convert *how, struct why *why)
{
    memset(line->text, ' ', sizeof line->text);
    set(line, 1, "1");
    if (strlen(orbit->classification_type) > 1)
        return cannot(why, "CLASSIFICATION_TYPE", "a TLE holds one letter");
    set(line, 8, orbit->classification_type);
    if (set_number(line, orbit, how, why) != 0 || set_designator(line, orbit, why) != 0 ||
        set_epoch(line, orbit, why) != 0 || set_first_derivative(line, orbit->mean_motion_dot, why) != 0 ||
        set_exponential(line, 45, "MEAN_MOTION_DDOT", orbit->mean_motion_ddot, why) != 0 ||
        set_exponential(line, 54, "BSTAR", orbit->bstar, why) != 0 ||
        set_integer(line, 63, 63, "EPHEMERIS_TYPE", orbit->ephemeris_type, why) != 0)
        return -1;
    return set_integer(line, 65, 68, "ELEMENT_SET_NO", orbit->element_set_no, why);
}

static int
build_line2(struct line *line, const Parallax__V1__Orbit *orbit, const struct convert *how, struct why *why)
{
    memset(line->text, ' ', sizeof line->text);
    set(line, 1, "2");
    if (set_number(line, orbit, how, why) != 0 ||
        set_fixed(line, 9, 3, ' ', true, 4, "INCLINATION", orbit->inclination, why) != 0 ||
        set_fixed(line, 18, 3, ' ', true, 4, "RA_OF_ASC_NODE", orbit->ra_of_asc_node, why) != 0 ||
        set_fixed(line, 27, 0, '0', false, 7, "ECCENTRICITY", orbit->eccentricity, why) != 0 ||
        set_fixed(line, 35, 3, ' ', true, 4, "ARG_OF_PERICENTER", orbit->arg_of_pericenter, why) != 0 ||
        set_fixed(line, 44, 3, ' ', true, 4, "MEAN_ANOMALY", orbit->mean_anomaly, why) != 0 ||
        set_fixed(line, 53, 2, ' ', true, 8, "MEAN_MOTION", orbit->mean_motion, why) != 0)
        return -1;
    return set_integer(line, 64, 68, "REV_AT_EPOCH", orbit->rev_at_epoch, why);
}

static int
check_name(const char *name, struct why *why)
{
    if (!text_is_printable(span_str(name)))
        return cannot(why, "OBJECT_NAME", "a TLE holds printable ASCII");
    if (strlen(name) > NAME_COLUMNS)
        return cannot(why, "OBJECT_NAME", "a TLE holds 24 columns");
    if (*name == '#')
        return cannot(why, "OBJECT_NAME", "in a TLE file # begins a comment");
    return 0;
}

/* What a TLE holds; the rest is left out with a warning. */
static bool
is_held(const char *keyword)
{
    static const char *const held[] = {"OBJECT_NAME",         "OBJECT_ID",         "EPOCH",
                                       "MEAN_MOTION",         "ECCENTRICITY",      "INCLINATION",
                                       "RA_OF_ASC_NODE",      "MEAN_ANOMALY",      "EPHEMERIS_TYPE",
                                       "NORAD_CAT_ID",        "ARG_OF_PERICENTER", "ELEMENT_SET_NO",
                                       "CLASSIFICATION_TYPE", "REV_AT_EPOCH",      "BSTAR",
                                       "MEAN_MOTION_DOT",     "MEAN_MOTION_DDOT"};

    for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
        if (strcmp(held[i], keyword) == 0)
            return true;
    }
    return false;
}

static int
write_tle(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    const Parallax__V1__Orbit *orbit = (const Parallax__V1__Orbit *)msg;
    struct line line1, line2;

    if (orbit_is_opm(msg))
        return orbit_refuse_form(msg, why);
    if (orbit_map_check_implied(orbit, "TLE", why) != 0)
        return -1;
    if (orbit->mean_motion[0] == 0)
        return cannot(why, "SEMI_MAJOR_AXIS", "a TLE holds MEAN_MOTION");
    if (build_line1(&line1, orbit, how, why) != 0 || build_line2(&line2, orbit, how, why) != 0 ||
        check_name(orbit->object_name, why) != 0 || orbit_map_lose(orbit, is_held, how, why) != 0)
        return -1;
    if (orbit->object_name[0] != 0) {
        bool is_odd = orbit->object_name[0] == '0' && orbit->object_name[1] == ' ';

        buf_put_fmt(out, "%s%s\n", is_odd ? "0 " : "", orbit->object_name);
    }
    finish(&line1, out);
    finish(&line2, out);
    return 0;
}

const struct writer orbit_tle_writer = {
    .format = "tle", .media = "text/x-tle", .title = "two-line elements with names", .write = write_tle};
