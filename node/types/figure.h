/* What types say of their figures (struct figure) is put together with. Pure. */
#ifndef TYPES_FIGURE_H
#define TYPES_FIGURE_H

#include "types/type.h"

struct figures {
    struct figure *out; /* FIGURES_MAX */
    size_t n;
    struct utc at; /* now, for what it is looked at */
};

/*
 * ${text}, a decimal as its source wrote it in the unit of ${keyword}, times 10^${power}: exactly, so that 0.01 km is 10 m and not a little
 * more or less. "" and what is no decimal adds nothing.
 */
void figure_decimal(struct figures *f, const char *name, const char *keyword, const char *text, int power);
/* A count or a yes (1) and no (0), with the words of the source. */
void figure_count(struct figures *f, const char *name, double value, const char *text);
/* Hours from now to ${t}: falls. Zero adds nothing. */
void figure_hours_to(struct figures *f, const char *name, const char *keyword, struct utc t);
/* Hours from ${t} to now: rises. */
void figure_hours_since(struct figures *f, const char *name, const char *keyword, struct utc t);

/*
 * The time ${text} as a Modified Julian Date of UTC: a figure that stays. The name ends with _mjd, and is shown as a time. "" and what is no time adds nothing.
 */
void figure_time(struct figures *f, const char *name, const char *keyword, const char *text);
/* Shown as times: "start_mjd". */
bool figure_is_time(const char *name);
struct utc figure_utc(double mjd); /* to the second */

#endif
