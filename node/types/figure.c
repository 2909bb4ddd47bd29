#include "types/figure.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

#define HOUR_MS 3600000.0

static struct figure *
add(struct figures *f, const char *name)
{
    struct figure *out = &f->out[f->n++];

    assert(f->n <= FIGURES_MAX);
    *out = (struct figure){.name = name};
    return out;
}

/* ${text} with ${power} added to its exponent, as text: a double of it is rounded once. */
static bool
shift(const char *text, int power, double *out)
{
    char shifted[LIMIT_DIGITS_COUNT + 16];
    size_t n = strcspn(text, "eEdD");
    long exponent = text[n] != 0 ? strtol(text + n + 1, NULL, 10) : 0;

    if (strlen(text) > LIMIT_DIGITS_COUNT || !num_is_decimal(span_str(text)))
        return false;
    (void)snprintf(shifted, sizeof shifted, "%.*se%ld", (int)n, text, exponent + power);
    return num_double(span_str(shifted), out) == 0;
}

void
figure_decimal(struct figures *f, const char *name, const char *keyword, const char *text, int power)
{
    struct figure *out;
    double value;

    if (!shift(text, power, &value))
        return;
    out = add(f, name);
    out->value = value;
    if (power != 0)
        (void)snprintf(out->text, sizeof out->text, "%.12g (%.24s %.30s)", value, keyword, text);
    else
        (void)snprintf(out->text, sizeof out->text, "%.60s", text);
}

void
figure_count(struct figures *f, const char *name, double value, const char *text)
{
    struct figure *out = add(f, name);

    out->value = value;
    (void)snprintf(out->text, sizeof out->text, "%.90s", text);
}

static void
put_time(struct figures *f, const char *name, const char *keyword, struct utc t, double hours,
         enum figure_course course)
{
    struct figure *out = add(f, name);
    char text[UTC_TEXT_MAX];

    utc_print(t, 0, text);
    out->value = hours;
    out->course = course;
    (void)snprintf(out->text, sizeof out->text, "(%.24s %s)", keyword, text);
}

void
figure_hours_to(struct figures *f, const char *name, const char *keyword, struct utc t)
{
    if (!utc_is_zero(t))
        put_time(f, name, keyword, t, (double)utc_diff_ms(t, f->at) / HOUR_MS, FIGURE_FALLS);
}

void
figure_hours_since(struct figures *f, const char *name, const char *keyword, struct utc t)
{
    if (!utc_is_zero(t))
        put_time(f, name, keyword, t, (double)utc_diff_ms(f->at, t) / HOUR_MS, FIGURE_RISES);
}

void
figure_time(struct figures *f, const char *name, const char *keyword, const char *text)
{
    struct utc t;

    if (utc_parse(span_str(text), &t) == 0)
        put_time(f, name, keyword, t, t.mjd + (double)t.ns / (double)UTC_DAY_NS, FIGURE_STAYS);
}

bool
figure_is_time(const char *name)
{
    size_t n = strlen(name);

    return n > 4 && strcmp(name + n - 4, "_mjd") == 0;
}

struct utc
figure_utc(double mjd)
{
    return utc_from_unix((int64_t)floor((mjd - UTC_MJD_UNIX) * 86400 + 0.5), 0);
}
