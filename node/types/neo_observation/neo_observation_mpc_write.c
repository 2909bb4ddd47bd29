/*
 * 80 columns: the lines of a record that came as such, else what an optical observation fits into. The columns hold a millionth of a day,
 * a millisecond of time and a hundredth of an arc second: what is finer is rounded and said, or refused when strict.
 */
#include "types/neo_observation/neo_observation_mpc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/utc.h"
#include "syntax/fixcol.h"

#define PICO 1000000000000LL

static int
cannot(struct why *why, const char *field, const char *note)
{
    return why_set(why, WHY_CANNOT_HOLD, 0, 0, field, "%s", note);
}

/* What is lost: a refusal when strict. */
static int
lose(const struct convert *how, struct why *why, const char *field, const char *note)
{
    if (how->strict)
        return cannot(why, field, note);
    fill_warn(how, (struct place){0}, field, "%s", note);
    return 0;
}

/* A decimal in units of 10^-12; ${exact}: it has no more digits. */
static bool
read_pico(const char *text, int64_t *out, bool *exact)
{
    bool minus = *text == '-', behind = false;
    int decimals = 0;

    *out = 0;
    *exact = true;
    for (const char *p = text + (*text == '-' || *text == '+'); *p != 0; p++) {
        if (*p == '.' && !behind) {
            behind = true;
        } else if (*p < '0' || *p > '9' || *out > INT64_MAX / 100) {
            return false;
        } else if (decimals < 12) {
            *out = *out * 10 + (*p - '0');
            decimals += behind;
        } else {
            *exact = *exact && *p == '0';
        }
    }
    for (; decimals < 12; decimals++) {
        if (*out > INT64_MAX / 10)
            return false;
        *out *= 10;
    }
    *out = minus ? -*out : *out;
    return true;
}

/* Round ${value} to a multiple of ${unit}. */
static int64_t
rounded(int64_t value, int64_t unit, bool *exact)
{
    *exact = *exact && value % unit == 0;
    return (value + unit / 2) / unit;
}

static int
put_time(const Parallax__V1__NeoObservation *o, const struct convert *how, char *line, struct why *why)
{
    const char *text = neo_observation_get(o, "obsTime");
    char day[20], out[20];
    int64_t millionth;
    bool exact = true;
    struct utc t;
    int year, month, date;

    if (utc_parse(span_str(text), &t) != 0 || t.ns >= UTC_DAY_NS)
        return cannot(why, "obsTime", "a leap second, which a fraction of a day does not have");
    millionth = rounded(t.ns, UTC_DAY_NS / 1000000, &exact);
    if (!exact && lose(how, why, "obsTime", "rounded to a millionth of a day (0.0864 s)") != 0)
        return -1;
    if (millionth == 1000000) {
        t.mjd++;
        millionth = 0;
    }
    utc_calendar(t.mjd, &year, &month, &date);
    (void)snprintf(day, sizeof day, "%02d.%06d", date % 100, (int)millionth);
    (void)snprintf(out, sizeof out, "%04d %02d %.9s", year % 10000, month % 100, day);
    memcpy(line + 15, out, 17);
    return 0;
}

/* ${pico} degrees as three numbers; ${per}: seconds in a degree (240 or 3600), ${unit}: of the last digit, in 10^-12 s. */
static int64_t
ticks(int64_t pico, int64_t per, int64_t unit, bool *exact)
{
    int64_t seconds = (pico < 0 ? -pico : pico) * per; /* below 360 * 240 * 10^12 */

    *exact = *exact && seconds % unit == 0;
    return (seconds + unit / 2) / unit;
}

static int
put_direction(const Parallax__V1__NeoObservation *o, const struct convert *how, char *line, struct why *why)
{
    int64_t ra = 0, dec = 0, value;
    bool exact = true, dec_exact = true;
    char text[40];

    if (!read_pico(neo_observation_get(o, "ra"), &ra, &exact) ||
        !read_pico(neo_observation_get(o, "dec"), &dec, &dec_exact))
        return cannot(why, "ra", "no plain decimal");
    value = ticks(ra, 240, PICO / 1000, &exact) % (86400LL * 1000);
    if (!exact && lose(how, why, "ra", "rounded to 0.001 s of time") != 0)
        return -1;
    (void)snprintf(text, sizeof text, "%02d %02d %02d.%03d", (int)(value / 3600000),
                   (int)(value / 60000 % 60), (int)(value / 1000 % 60), (int)(value % 1000));
    memcpy(line + 32, text, 12);
    value = ticks(dec, 3600, PICO / 100, &dec_exact);
    if (!dec_exact && lose(how, why, "dec", "rounded to 0.01 arc second") != 0)
        return -1;
    (void)snprintf(text, sizeof text, "%c%02d %02d %02d.%02d", dec < 0 ? '-' : '+', (int)(value / 360000),
                   (int)(value / 6000 % 60), (int)(value / 100 % 60), (int)(value % 100));
    memcpy(line + 44, text, 12);
    return 0;
}

static int
put_brightness(const Parallax__V1__NeoObservation *o, const struct convert *how, char *line, struct why *why)
{
    const char *mag = neo_observation_get(o, "mag"), *band = neo_observation_get(o, "band");
    char text[40];
    int64_t pico;
    bool exact = true;

    if (*mag == 0)
        return 0;
    if (strlen(band) != 1)
        return lose(how, why, "mag", "left out: its band has no single letter");
    if (!read_pico(mag, &pico, &exact) || pico < 0)
        return lose(how, why, "mag", "left out: the columns hold no such number");
    pico = rounded(pico, PICO / 100, &exact);
    if (!exact && lose(how, why, "mag", "rounded to 0.01") != 0)
        return -1;
    (void)snprintf(text, sizeof text, "%2d.%02d", (int)(pico / 100) % 100, (int)(pico % 100));
    memcpy(line + 65, text, 5);
    line[70] = *band;
    return 0;
}

/* What the columns have no place for, by name. */
static int
list_losses(const Parallax__V1__NeoObservation *o, const struct convert *how, struct why *why)
{
    static const char held[] =
        "|permID|provID|trkSub|mode|stn|obsTime|ra|dec|astCat|mag|band|disc|precTime|precRA|precDec|";
    char word[40];

    for (size_t i = 0; i < o->n_fields; i++) {
        (void)snprintf(word, sizeof word, "|%.36s|", o->fields[i]->name);
        if (strstr(held, word) == NULL &&
            lose(how, why, o->fields[i]->name, "the 80 columns have no place for it") != 0)
            return -1;
    }
    return o->n_context == 0 ? 0 : lose(how, why, "context", "the 80 columns have no place for it");
}

static int
compose(const Parallax__V1__NeoObservation *o, const struct convert *how, char line[MPC_COLUMNS + 1],
        struct why *why)
{
    const char *stn = neo_observation_get(o, "stn"), *catalogue = neo_observation_get(o, "astCat");
    const char *prov = neo_observation_get(o, "provID"), *perm = neo_observation_get(o, "permID");
    char mode = neo_observation_letter_of_mode(neo_observation_get(o, "mode"));
    char letter = neo_observation_letter_of_catalogue(catalogue), packed[13];

    memset(line, ' ', MPC_COLUMNS);
    line[MPC_COLUMNS] = 0;
    if (strcmp(o->kind, "optical") != 0)
        return cannot(
            why, "kind",
            "of other observations than optical ones only those that came as 80 columns are written so");
    if (*neo_observation_get(o, "sys") != 0)
        return cannot(why, "sys", "positions of observers are written only where they came as 80 columns");
    if (*neo_observation_get(o, "artSat") != 0)
        return cannot(why, "artSat", "the columns name no artificial objects");
    if (strlen(stn) != 3)
        return cannot(why, "stn", "the columns hold three characters");
    if (mode == 0)
        return cannot(why, "mode", "column 15 has no letter for it");
    if (neo_observation_pack(perm, prov, *perm == 0 && *prov == 0 ? neo_observation_get(o, "trkSub") : "",
                             packed, why) != 0)
        return -1;
    memcpy(line, packed, 12);
    line[12] = *neo_observation_get(o, "disc") == '*' ? '*' : ' ';
    line[14] = mode;
    memcpy(line + 77, stn, 3);
    if (letter == 0 && strcmp(catalogue, "UNK") != 0 &&
        lose(how, why, "astCat", "column 72 has no letter for it that is certain") != 0)
        return -1;
    line[71] = letter != 0 ? letter : ' ';
    if (put_time(o, how, line, why) != 0 || put_direction(o, how, line, why) != 0 ||
        put_brightness(o, how, line, why) != 0)
        return -1;
    return list_losses(o, how, why);
}

int
neo_observation_mpc_losses(const Parallax__V1__NeoObservation *o, const struct convert *how, struct why *why)
{
    static const struct {
        unsigned from, to;
        const char *field, *note;
    } columns[] = {{14, 14, "note",
                    "column 14, a note or a program code, is left out: which of them it is cannot be told"},
                   {57, 65, "reserved", "columns 57 to 65 are left out"},
                   {73, 77, "reference", "columns 73 to 77, the publication, are left out"}};
    struct span line;

    if (o->n_lines == 0 || strcmp(o->kind, "optical") != 0)
        return 0;
    line = span_str(o->lines[0]);
    if (lose(how, why, "ra",
             "sexagesimal, written in degrees, rounded beyond its precision; precRA and precDec say how "
             "precise") != 0)
        return -1;
    if (*neo_observation_get(o, "mag") != 0 && *neo_observation_get(o, "band") == 0 &&
        lose(how, why, "mag", "left out: ADES wants a band with it") != 0)
        return -1;
    if (strcmp(neo_observation_get(o, "mode"), "UNK") == 0 && strchr("SVXx", fixcol_at(line, 15)) == NULL &&
        lose(how, why, "mode", "the letter of column 15 has no word of ADES that is certain: UNK") != 0)
        return -1;
    if (strcmp(neo_observation_get(o, "astCat"), "UNK") == 0 && fixcol_at(line, 72) != ' ' &&
        lose(how, why, "astCat", "the letter of column 72 has no word of ADES that is certain: UNK") != 0)
        return -1;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        if (fixcol_trim(line, columns[i].from, columns[i].to).n > 0 &&
            lose(how, why, columns[i].field, columns[i].note) != 0)
            return -1;
    }
    return 0;
}

static bool
fits(const ProtobufCMessage *msg)
{
    return ((const Parallax__V1__NeoObservation *)msg)->n_lines > 0;
}

static int
write_mpc(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    const Parallax__V1__NeoObservation *o = (const Parallax__V1__NeoObservation *)msg;
    char line[MPC_COLUMNS + 1];

    for (size_t i = 0; i < o->n_lines; i++)
        buf_put_fmt(out, "%s\n", o->lines[i]);
    if (o->n_lines > 0)
        return 0;
    if (compose(o, how, line, why) != 0)
        return -1;
    buf_put_fmt(out, "%s\n", line);
    return 0;
}

const struct writer neo_observation_mpc_writer = {.format = "mpc80",
                                                  .media = "text/plain",
                                                  .title = "MPC 80 columns",
                                                  .lossless = true,
                                                  .fits = fits,
                                                  .write = write_mpc};
