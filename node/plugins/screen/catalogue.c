#include "plugins/screen/catalogue.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "base/utc.h"

#define PI          3.14159265358979323846
#define MINUTES_DAY 1440.0
#define JD_MJD0     2400000.5
#define LINE_BYTES  320 /* of the file, at most */
#define XP          4.0 /* EPHEMERIS_TYPE of SGP4-XP: another theory */

void
catalogue_init(struct catalogue *c)
{
    memset(c, 0, sizeof *c);
}

void
catalogue_release(struct catalogue *c)
{
    free(c->object);
    free(c->slot);
    catalogue_init(c);
}

static bool
is_or_absent(const struct value *body, const char *key, const char *const *words)
{
    const char *text = value_text(body, key);

    if (*text == '\0')
        return true;
    for (; *words != NULL; words++) {
        if (text_equal_nocase(span_str(text), *words))
            return true;
    }
    return false;
}

int
catalogue_read(const struct value *body, struct object *out)
{
    static const char *const theories[] = {"SGP4", "SGP", "SGP/SGP4", NULL},
                             *const frames[] = {"TEME", "TEMEOFDATE", NULL},
                             *const centers[] = {"EARTH", NULL}, *const systems[] = {"UTC", NULL};
    struct sgp4_elements *e = &out->elements;
    const struct {
        const char *key;
        double *out, parts;
    } rows[] = {{"MEAN_MOTION", &e->no_kozai, MINUTES_DAY / (2 * PI)},
                {"ECCENTRICITY", &e->ecco, 1.0},
                {"INCLINATION", &e->inclo, 180 / PI},
                {"RA_OF_ASC_NODE", &e->nodeo, 180 / PI},
                {"ARG_OF_PERICENTER", &e->argpo, 180 / PI},
                {"MEAN_ANOMALY", &e->mo, 180 / PI}};
    struct utc epoch;
    uint64_t number;
    double type;

    memset(out, 0, sizeof *out);
    if (!is_or_absent(body, "MEAN_ELEMENT_THEORY", theories) || !is_or_absent(body, "REF_FRAME", frames) ||
        !is_or_absent(body, "CENTER_NAME", centers) || !is_or_absent(body, "TIME_SYSTEM", systems) ||
        (value_double(body, "EPHEMERIS_TYPE", &type) == 0 && type == XP) ||
        value_uint(body, "NORAD_CAT_ID", 999999999, &number) != 0 || number == 0 ||
        utc_parse(span_str(value_text(body, "EPOCH")), &epoch) != 0)
        return -1;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (value_double(body, rows[i].key, rows[i].out) != 0)
            return -1;
        *rows[i].out /= rows[i].parts;
    }
    (void)value_double(body, "BSTAR", &e->bstar);
    e->epoch_jd = JD_MJD0 + epoch.mjd;
    e->epoch_fraction = (double)epoch.ns / (double)UTC_DAY_NS;
    out->number = (uint32_t)number;
    (void)snprintf(out->name, sizeof out->name, "%.*s", CATALOGUE_NAME_MAX - 1,
                   value_text(body, "OBJECT_NAME"));
    for (char *p = out->name; *p != '\0'; p++) {
        if (*p < ' ' || *p > '~' || *p == '"' || *p == ',')
            *p = '_';
    }
    return 0;
}

static size_t
place_of_number(const struct catalogue *c, uint32_t number)
{
    size_t at = (size_t)(number * 2654435761u) & (c->slots - 1);

    while (c->slot[at] != 0 && c->object[c->slot[at] - 1].number != number)
        at = (at + 1) & (c->slots - 1);
    return at;
}

static void
grow(struct catalogue *c)
{
    c->cap = c->cap == 0 ? 1024 : c->cap * 2;
    c->object = mem_resize(c->object, c->cap * sizeof *c->object);
    c->slots = c->cap * 4;
    free(c->slot);
    c->slot = mem_new(c->slots * sizeof *c->slot);
    for (size_t i = 0; i < c->n; i++)
        c->slot[place_of_number(c, c->object[i].number)] = (uint32_t)i + 1;
}

static double
age_days(const struct sgp4_elements *a, const struct sgp4_elements *b)
{
    return (a->epoch_jd - b->epoch_jd) + (a->epoch_fraction - b->epoch_fraction);
}

bool
catalogue_put(struct catalogue *c, const struct object *o)
{
    size_t at;

    if (c->n == c->cap)
        grow(c);
    at = place_of_number(c, o->number);
    if (c->slot[at] != 0) {
        struct object *old = &c->object[c->slot[at] - 1];
        if (age_days(&o->elements, &old->elements) <= 0)
            return true;
        *old = *o;
    } else {
        if (c->n == CATALOGUE_COUNT_MAX)
            return false;
        c->object[c->n++] = *o;
        c->slot[at] = (uint32_t)c->n;
    }
    c->changes++;
    return true;
}

/* "number jd fraction bstar e argp i M n node name", exact: numbers in hexadecimal. */
static bool
parse_line(char *line, struct object *o)
{
    struct sgp4_elements *e = &o->elements;
    double *out[] = {&e->epoch_jd, &e->epoch_fraction, &e->bstar, &e->ecco, &e->argpo, &e->inclo,
                     &e->mo,       &e->no_kozai,       &e->nodeo};
    char *at;
    unsigned long number = strtoul(line, &at, 10);

    memset(o, 0, sizeof *o);
    if (at == line || number == 0 || number > 999999999)
        return false;
    o->number = (uint32_t)number;
    for (size_t i = 0; i < sizeof out / sizeof *out; i++) {
        char *from = at;
        *out[i] = strtod(from, &at);
        if (at == from || !isfinite(*out[i]))
            return false;
    }
    (void)snprintf(o->name, sizeof o->name, "%.*s", CATALOGUE_NAME_MAX - 1, *at == ' ' ? at + 1 : "");
    return true;
}

int
catalogue_load(struct catalogue *c, const char *path)
{
    struct buf text;
    char *line, *rest = NULL;
    int rc;

    buf_init(&text, (size_t)CATALOGUE_COUNT_MAX * LINE_BYTES);
    rc = file_read(path, &text);
    if (rc == 0) {
        for (line = strtok_r((char *)(uintptr_t)buf_cstr(&text), "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest)) {
            struct object o;
            if (parse_line(line, &o))
                (void)catalogue_put(c, &o);
        }
    } else if (errno == ENOENT) {
        rc = 0;
    }
    buf_release(&text);
    return rc;
}

int
catalogue_store(const struct catalogue *c, const char *path)
{
    struct buf text;
    int rc;

    buf_init(&text, (size_t)CATALOGUE_COUNT_MAX * LINE_BYTES);
    for (size_t i = 0; i < c->n; i++) {
        const struct object *o = &c->object[i];
        const struct sgp4_elements *e = &o->elements;
        buf_put_fmt(&text, "%u %a %a %a %a %a %a %a %a %a %s\n", o->number, e->epoch_jd, e->epoch_fraction,
                    e->bstar, e->ecco, e->argpo, e->inclo, e->mo, e->no_kozai, e->nodeo, o->name);
    }
    if (buf_failed(&text)) {
        errno = ENOMEM;
        rc = -1;
    } else {
        rc = file_write(path, buf_span(&text), 0600);
    }
    buf_release(&text);
    return rc;
}
