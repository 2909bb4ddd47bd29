/*
 * An instant of UTC that can hold a leap second: Modified Julian Date and nanoseconds since 0h of that day.
 * A day that ends with a leap second has 86,401 s. Never passed through time_t.
 */
#ifndef BASE_UTC_H
#define BASE_UTC_H

#include "base/span.h"

#define UTC_DAY_NS   86400000000000LL
#define UTC_MJD_UNIX 40587 /* MJD of 1970-01-01 */
#define UTC_TEXT_MAX 40    /* bytes that utc_print() may need, with its NUL */

struct utc {
    int32_t mjd;
    int64_t ns;
};

/*
 * Read YYYY-MM-DDThh:mm:ss[.d...][Z] or YYYY-DDDThh:mm:ss[.d...][Z] (CCSDS 502.0-B-3 section 7.5.10). Digits after the ninth
 * decimal are cut from the view (keep the text). Second 60 only on days that have one, by the table in utc.c
 * or, later than the table is known to be complete, at the end of any month. Years 0001 to 9999. Returns 0 or -1.
 */
int utc_parse(struct span s, struct utc *out);

/* Calendar date to MJD (Gregorian); -1 if there is no such day. */
int utc_mjd(int year, int month, int day, int32_t *mjd);
void utc_calendar(int32_t mjd, int *year, int *month, int *day);

/* ISO 8601 with `Z`: `decimals` 0..9 digits of fraction, cut, not rounded. */
void utc_print(struct utc t, int decimals, char text[UTC_TEXT_MAX]);

int utc_compare(struct utc a, struct utc b);
bool utc_is_valid(struct utc t); /* years 1 to 9999, ns inside the day; second 60 as in utc_parse() */
bool utc_is_zero(struct utc t);  /* mjd 0, ns 0: "not given" */

/* From and to POSIX seconds and nanoseconds; a leap second maps to the last nanosecond before it. */
struct utc utc_from_unix(int64_t seconds, int64_t ns);
struct utc utc_from_ms(int64_t ms); /* POSIX milliseconds */
int64_t utc_unix(struct utc t);     /* seconds */
int64_t utc_unix_ns(struct utc t);

struct utc utc_add_ns(struct utc t,
                      int64_t ns); /* through POSIX time: for ages and windows, not for epochs */
int64_t utc_diff_ms(struct utc a, struct utc b); /* a - b, through POSIX time, saturated */

/* TAI - UTC in whole seconds at ${t} (37 since 2017-01-01); 0 before 1972. */
int utc_tai_offset(struct utc t);

/* Sorts as time does: mjd * 86,401,000,000 + microseconds. For indexes. */
int64_t utc_sort_key(struct utc t);
struct utc utc_from_sort_key(int64_t key);

#endif
