/* Elements of ADES from the 80 columns. Sexagesimal angles become degrees with more digits than they are precise to, and prec* says how precise. */
#include "types/neo_observation/neo_observation_mpc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "base/utc.h"
#include "syntax/fixcol.h"

#define SECOND_KINDS "SVR" /* of column 15: the second line has the same letter, small */

/* A number of fixed columns without its point: ${value} / 10^decimals. */
struct fixed {
    bool minus;
    uint64_t value;
    unsigned decimals;
};

bool
neo_observation_mpc_has_second(struct span line)
{
    uint8_t letter = fixcol_at(line, 15);

    return letter != 0 && strchr(SECOND_KINDS, letter) != NULL;
}

bool
neo_observation_mpc_is(struct span line)
{
    uint64_t n;

    return line.n >= 78 && line.n <= MPC_COLUMNS + 1 && fixcol_at(line, 20) == ' ' &&
           fixcol_at(line, 23) == ' ' && num_uint(fixcol(line, 16, 19), 9999, &n) == 0 &&
           num_uint(fixcol(line, 21, 22), 99, &n) == 0 && num_uint(fixcol(line, 24, 25), 99, &n) == 0;
}

static int
wrong(struct why *why, enum why_code code, unsigned column, const char *field, const char *expected)
{
    return why_set(why, code, 0, column, field, "columns from %u: expected %s", column, expected);
}

static int
wrong_second(struct why *why, enum why_code code, unsigned column, const char *field, const char *expected)
{
    (void)wrong(why, code, column, field, expected);
    why->line = 1;
    return -1;
}

static void
put(struct neo_observation_mpc *out, const char *name, const char *value)
{
    if (*value == 0 || out->n == MPC_FIELDS)
        return;
    out->field[out->n].name = name;
    (void)snprintf(out->field[out->n++].value, MPC_VALUE_MAX, "%s", value);
}

static void
put_span(struct neo_observation_mpc *out, const char *name, struct span value)
{
    char text[MPC_VALUE_MAX];

    (void)snprintf(text, sizeof text, "%.*s", (int)value.n, (const char *)value.p);
    put(out, name, text);
}

/* Digits with at most one point and no blanks inside. */
static bool
read_fixed(struct span text, struct fixed *out)
{
    const uint8_t *point = text.n > 0 ? memchr(text.p, '.', text.n) : NULL;
    size_t n = 0;

    *out = (struct fixed){0};
    for (size_t i = 0; i < text.n; i++) {
        if (text.p + i == point)
            continue;
        if (text.p[i] < '0' || text.p[i] > '9' || ++n > 15)
            return false;
        out->value = out->value * 10 + (uint64_t)(text.p[i] - '0');
    }
    out->decimals = point != NULL ? (unsigned)(text.p + text.n - point - 1) : 0;
    return n > 0;
}

static uint64_t
power10(unsigned n)
{
    uint64_t p = 1;

    while (n-- > 0)
        p *= 10;
    return p;
}

/* ${numerator} / ${denominator} with ${decimals}, rounded half up; trailing zeros stay. */
static void
print_ratio(bool minus, uint64_t numerator, uint64_t denominator, unsigned decimals, char out[MPC_VALUE_MAX])
{
    uint64_t whole = numerator / denominator, rest = numerator % denominator, behind = 0;

    for (unsigned i = 0; i < decimals; i++) {
        rest *= 10;
        behind = behind * 10 + rest / denominator;
        rest %= denominator;
    }
    behind += 2 * rest >= denominator;
    if (behind == power10(decimals)) {
        whole++;
        behind = 0;
    }
    if (decimals == 0)
        (void)snprintf(out, MPC_VALUE_MAX, "%s%" PRIu64, minus ? "-" : "", whole);
    else
        (void)snprintf(out, MPC_VALUE_MAX, "%s%" PRIu64 ".%0*" PRIu64, minus ? "-" : "", whole, (int)decimals,
                       behind);
}

/* `HH MM SS.ddd` or `HH MM.mm`: hours or degrees, whole; its unit is 1 / ${per} of a degree. */
static bool
read_sexagesimal(struct span text, uint64_t first_max, struct fixed *out, bool *is_minutes)
{
    struct span part = text_trim(text);
    uint64_t whole, minutes;
    struct fixed last;

    if (part.n < 4 || part.p[2] != ' ' || num_uint(span_of(part.p, 2), first_max, &whole) != 0)
        return false;
    part = span_of(part.p + 3, part.n - 3);
    *is_minutes = memchr(part.p, ' ', part.n) == NULL;
    if (*is_minutes) {
        if (!read_fixed(part, &last) || last.decimals > 8 || last.value >= 60 * power10(last.decimals))
            return false;
        *out = (struct fixed){false, whole * 60 * power10(last.decimals) + last.value, last.decimals};
        return true;
    }
    if (part.n < 4 || part.p[2] != ' ' || num_uint(span_of(part.p, 2), 59, &minutes) != 0 ||
        !read_fixed(span_of(part.p + 3, part.n - 3), &last) || last.decimals > 6 ||
        last.value >= 60 * power10(last.decimals))
        return false;
    *out = (struct fixed){false, (whole * 60 + minutes) * 60 * power10(last.decimals) + last.value,
                          last.decimals};
    return true;
}

/* How precise: one unit of the last digit. */
static void
put_precision(struct neo_observation_mpc *out, const char *name, const struct fixed *f, bool is_minutes)
{
    char text[MPC_VALUE_MAX];

    print_ratio(false, is_minutes ? 60 : 1, power10(f->decimals),
                is_minutes && f->decimals > 0 ? f->decimals - 1 : f->decimals, text);
    put(out, name, text);
}

struct direction {
    struct fixed ra, dec;
    bool ra_minutes, dec_minutes;
    char ra_text[MPC_VALUE_MAX], dec_text[MPC_VALUE_MAX];
};

static int
read_direction(struct span line, struct direction *d, struct why *why)
{
    struct span dec = fixcol(line, 45, 56);
    unsigned digits;

    if (!read_sexagesimal(fixcol(line, 33, 44), 23, &d->ra, &d->ra_minutes))
        return wrong(why, WHY_FIELD_VALUE, 33, "ra", "HH MM SS.ddd or HH MM.mm");
    if (dec.n < 2 || (dec.p[0] != '+' && dec.p[0] != '-') ||
        !read_sexagesimal(span_of(dec.p + 1, dec.n - 1), 90, &d->dec, &d->dec_minutes) ||
        d->dec.value > 90 * (d->dec_minutes ? 60U : 3600U) * power10(d->dec.decimals))
        return wrong(why, WHY_FIELD_VALUE, 45, "dec", "a sign and DD MM SS.dd or DD MM.mm");
    /* Two digits more than the last one is worth: a second of time is 1/240 degree, of arc 1/3600. */
    digits = d->ra.decimals + (d->ra_minutes ? 3 : 5);
    print_ratio(false, d->ra.value, (d->ra_minutes ? 4U : 240U) * power10(d->ra.decimals),
                digits < 9 ? digits : 9, d->ra_text);
    digits = d->dec.decimals + (d->dec_minutes ? 4 : 6);
    print_ratio(dec.p[0] == '-', d->dec.value, (d->dec_minutes ? 60 : 3600) * power10(d->dec.decimals),
                digits < 9 ? digits : 9, d->dec_text);
    return 0;
}

/* `YYYY MM DD.dddddd`: seconds of a day are exact with two decimals less. */
static int
read_time(struct span line, char time[MPC_VALUE_MAX], unsigned *decimals, struct why *why)
{
    struct span day = fixcol_trim(line, 24, 32);
    struct fixed d;
    uint64_t year, month, of_day, tick, seconds;
    int32_t mjd;

    if (num_uint(fixcol(line, 16, 19), 9999, &year) != 0 || num_uint(fixcol(line, 21, 22), 12, &month) != 0 ||
        !read_fixed(day, &d) || day.n < 2 || d.decimals > 6 || fixcol_at(line, 20) != ' ' ||
        fixcol_at(line, 23) != ' ' ||
        utc_mjd((int)year, (int)month, (int)(d.value / power10(d.decimals)), &mjd) != 0)
        return wrong(why, WHY_FIELD_TIME, 16, "obsTime", "YYYY MM DD.dddddd, a day that exists");
    *decimals = d.decimals;
    of_day = d.value % power10(d.decimals) * 86400;
    seconds = of_day / power10(d.decimals);
    tick = of_day % power10(d.decimals);
    (void)snprintf(time, MPC_VALUE_MAX, "%04u-%02u-%02uT%02u:%02u:%02u", (unsigned)year, (unsigned)month,
                   (unsigned)(d.value / power10(d.decimals)), (unsigned)(seconds / 3600),
                   (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
    if (d.decimals > 2)
        (void)snprintf(time + 19, MPC_VALUE_MAX - 19, ".%0*" PRIu64 "Z", (int)d.decimals - 2, tick / 100);
    else
        (void)snprintf(time + 19, MPC_VALUE_MAX - 19, "Z");
    return 0;
}

/* A value of sign, blanks and digits: "+ 1234.5678". */
static bool
read_signed(struct span columns, char out[MPC_VALUE_MAX])
{
    struct span text = text_trim(columns);
    bool minus = text.n > 0 && text.p[0] == '-';

    if (text.n > 0 && (text.p[0] == '+' || text.p[0] == '-'))
        text = text_trim(span_of(text.p + 1, text.n - 1));
    if (text.n == 0 || text.n > 20 || text.p[0] < '0' || !num_is_decimal(text))
        return false;
    (void)snprintf(out, MPC_VALUE_MAX, "%s%.*s", minus ? "-" : "", (int)text.n, (const char *)text.p);
    return true;
}

/* The observer beside the Earth's centre (s) or on its surface (v). */
static int
put_position(struct span second, bool is_satellite, struct neo_observation_mpc *out, struct why *why)
{
    static const unsigned satellite[3][2] = {{35, 45}, {47, 57}, {59, 69}};
    static const unsigned roving[3][2] = {{35, 44}, {46, 55}, {57, 61}};
    static const char *const names[] = {"pos1", "pos2", "pos3"};
    uint8_t unit = fixcol_at(second, 33);
    char value[MPC_VALUE_MAX];

    if (unit != '1' && !(is_satellite && unit == '2'))
        return wrong_second(why, WHY_FIELD_UNIT, 33, "sys",
                            is_satellite ? "1 (km) or 2 (au)" : "1 (degrees and metres)");
    put(out, "sys", !is_satellite ? "WGS84" : unit == '1' ? "ICRF_KM" : "ICRF_AU");
    put(out, "ctr", "399");
    for (int i = 0; i < 3; i++) {
        const unsigned *at = is_satellite ? satellite[i] : roving[i];

        if (!read_signed(fixcol(second, at[0], at[1]), value))
            return wrong_second(why, WHY_FIELD_NUMBER, at[0], names[i], "a number");
        put(out, names[i], value);
    }
    return 0;
}

static int
put_brightness(struct span line, struct neo_observation_mpc *out, struct why *why)
{
    struct span mag = fixcol_trim(line, 66, 70);

    if (mag.n > 0 && (!num_is_decimal(mag) || mag.p[0] == '+'))
        return wrong(why, WHY_FIELD_NUMBER, 66, "mag", "a magnitude");
    if (mag.n > 0 && mag.p[0] == '.')
        return wrong(why, WHY_FIELD_NUMBER, 66, "mag", "a digit before the point");
    put_span(out, "mag", mag);
    put_span(out, "band", mag.n > 0 ? fixcol_trim(line, 71, 71) : span_of(NULL, 0));
    return 0;
}

/* 10^-${decimals} of a day in millionths of a day. */
static void
put_time_precision(struct neo_observation_mpc *out, unsigned decimals)
{
    char text[MPC_VALUE_MAX];

    (void)snprintf(text, sizeof text, "%" PRIu64, power10(6 - decimals));
    put(out, "precTime", text);
}

static int
optical(struct span line, struct span second, const char *time, unsigned decimals,
        struct neo_observation_mpc *out, struct why *why)
{
    struct direction d = {.ra_minutes = false};
    uint8_t note = fixcol_at(line, 15), letter = fixcol_at(line, 72);
    const char *mode = neo_observation_mode_of(note);
    const char *catalogue = letter == ' ' ? "UNK" : neo_observation_catalogue_of(letter);

    if (read_direction(line, &d, why) != 0)
        return -1;
    put(out, "mode", mode != NULL ? mode : "UNK");
    put_span(out, "stn", fixcol_trim(line, 78, 80));
    if (second.p != NULL && put_position(second, note == 'S', out, why) != 0)
        return -1;
    put(out, "obsTime", time);
    put(out, "ra", d.ra_text);
    put(out, "dec", d.dec_text);
    put(out, "astCat", catalogue != NULL ? catalogue : "UNK");
    if (put_brightness(line, out, why) != 0)
        return -1;
    put(out, "disc", fixcol_at(line, 13) == '*' ? "*" : "");
    put_time_precision(out, decimals);
    put_precision(out, "precRA", &d.ra, d.ra_minutes);
    put_precision(out, "precDec", &d.dec, d.dec_minutes);
    put(out, "deprecated", note == 'X' || note == 'x' ? "X" : "");
    return 0;
}

/* Whole digits in columns ${from} to ${point}, decimals behind it to ${to}: the point is not written. "" if all is blank. */
static bool
read_implied(struct span line, unsigned from, unsigned point, unsigned to, int shift, char out[MPC_VALUE_MAX])
{
    struct span whole = fixcol_trim(line, from, point), rest = fixcol_trim(line, point + 1, to);
    struct fixed a = {0}, b = {0};
    bool minus = whole.n > 0 && whole.p[0] == '-';

    *out = 0;
    if (whole.n > 0 && (whole.p[0] == '+' || whole.p[0] == '-'))
        whole = text_trim(span_of(whole.p + 1, whole.n - 1));
    if (whole.n == 0 && rest.n == 0)
        return true;
    if ((whole.n > 0 &&
         (!read_fixed(whole, &a) || a.decimals > 0 || memchr(whole.p, '.', whole.n) != NULL)) ||
        (rest.n > 0 && (!read_fixed(rest, &b) || memchr(rest.p, '.', rest.n) != NULL)) ||
        (rest.n > 0 && fixcol_at(line, point + 1) == ' '))
        return false;
    print_ratio(minus, a.value * power10((unsigned)rest.n) + b.value,
                power10((unsigned)rest.n + (unsigned)shift), (unsigned)rest.n + (unsigned)shift, out);
    return true;
}

/* MHz: 63-67 whole, 68 and then 63-68 of the second line behind the point. */
static bool
read_frequency(struct span first, struct span second, char out[MPC_VALUE_MAX])
{
    struct span whole = fixcol_trim(first, 63, 67), tenth = fixcol_trim(first, 68, 68),
                rest = fixcol_trim(second, 63, 68);
    uint64_t n;

    if (whole.n == 0 || num_uint(whole, 99999, &n) != 0 || (tenth.n > 0 && num_uint(tenth, 9, &n) != 0) ||
        (rest.n > 0 && (num_uint(rest, 999999, &n) != 0 || tenth.n == 0)))
        return false;
    (void)snprintf(out, MPC_VALUE_MAX, "%.*s%s%.*s%.*s", (int)whole.n, (const char *)whole.p,
                   tenth.n > 0 ? "." : "", (int)tenth.n, (const char *)tenth.p, (int)rest.n,
                   (const char *)rest.p);
    return true;
}

/* Delay in microseconds, ADES wants seconds; its uncertainty stays in microseconds. */
static int
radar(struct span first, struct span second, const char *time, struct neo_observation_mpc *out,
      struct why *why)
{
    char delay[MPC_VALUE_MAX], rms_delay[MPC_VALUE_MAX], doppler[MPC_VALUE_MAX], rms_doppler[MPC_VALUE_MAX],
        frq[MPC_VALUE_MAX];
    uint8_t bounce = fixcol_at(second, 33);

    out->kind = 3;
    if (!read_implied(first, 33, 43, 47, 6, delay))
        return wrong(why, WHY_FIELD_NUMBER, 33, "delay", "microseconds, the point behind column 43");
    if (!read_implied(first, 48, 58, 62, 0, doppler))
        return wrong(why, WHY_FIELD_NUMBER, 48, "doppler", "a sign and hertz, the point behind column 58");
    if (!read_frequency(first, second, frq))
        return wrong(why, WHY_FIELD_NUMBER, 63, "frq", "megahertz, the point behind column 67");
    if (!read_implied(second, 34, 43, 47, 0, rms_delay))
        return wrong_second(why, WHY_FIELD_NUMBER, 34, "rmsDelay",
                            "microseconds, the point behind column 43");
    if (!read_implied(second, 48, 58, 62, 0, rms_doppler))
        return wrong_second(why, WHY_FIELD_NUMBER, 48, "rmsDoppler", "hertz, the point behind column 58");
    put_span(out, "trx", fixcol_trim(first, 69, 71));
    put_span(out, "rcv", fixcol_trim(first, 78, 80));
    put(out, "obsTime", time);
    put(out, "doppler", doppler);
    put(out, "rmsDoppler", rms_doppler);
    put(out, "delay", delay);
    put(out, "rmsDelay", rms_delay);
    put(out, "com", bounce == 'C' ? "1" : bounce == 'S' ? "0" : "");
    put(out, "frq", frq);
    return 0;
}

/* The second line is of the same object, time and station, and says so by the small letter. */
static int
check_second(struct span first, struct span second, struct why *why)
{
    uint8_t letter = (uint8_t)(fixcol_at(first, 15) | 32);

    if (second.p == NULL)
        return why_set(why, WHY_TEXT_SYNTAX, 0, 15, NULL, "%c in column 15: expected a second line, with %c",
                       letter - 32, letter);
    if (fixcol_at(second, 15) != letter)
        return why_set(why, WHY_TEXT_SYNTAX, 1, 15, NULL, "expected %c: the second line of this observation",
                       letter);
    if (!span_equal(fixcol(first, 1, 12), fixcol(second, 1, 12)) ||
        !span_equal(fixcol(first, 16, 32), fixcol(second, 16, 32)) ||
        !span_equal(fixcol_trim(first, 78, 80), fixcol_trim(second, 78, 80)))
        return why_set(why, WHY_FIELD_VALUE, 1, 1, NULL,
                       "another object, time or station than on the line before");
    return 0;
}

int
neo_observation_mpc_elements(struct span first, struct span second, struct neo_observation_mpc *out,
                             struct why *why)
{
    struct neo_observation_names names;
    char time[MPC_VALUE_MAX];
    unsigned decimals = 0;

    *out = (struct neo_observation_mpc){0};
    if (!text_is_printable(first) || !text_is_printable(second))
        return why_set(why, WHY_TEXT_ENCODING, 0, 1, NULL, "expected printable ASCII");
    if (first.n < 78 || first.n > MPC_COLUMNS || second.n > MPC_COLUMNS)
        return why_set(why, WHY_TEXT_SYNTAX, first.n >= 78 && first.n <= MPC_COLUMNS, 1, NULL,
                       "%zu columns: expected %d",
                       first.n >= 78 && first.n <= MPC_COLUMNS ? second.n : first.n, MPC_COLUMNS);
    if (strchr("svr", fixcol_at(first, 15)) != NULL && fixcol_at(first, 15) != 0)
        return why_set(why, WHY_TEXT_SYNTAX, 0, 15, NULL, "a second line without its first");
    if (neo_observation_unpack(fixcol(first, 1, 12), &names, why) != 0 ||
        read_time(first, time, &decimals, why) != 0)
        return -1;
    if (neo_observation_mpc_has_second(first) && check_second(first, second, why) != 0)
        return -1;
    put(out, "permID", names.perm_id);
    put(out, "provID", names.prov_id);
    put(out, "trkSub", names.trk_sub);
    return fixcol_at(first, 15) == 'R' ? radar(first, second, time, out, why)
                                       : optical(first, second, time, decimals, out, why);
}
