/*
 * The C half of sgp4_oracle.py. Standard input, one a line: `s MODE JD FRACTION BSTAR E ARGP I M N NODE` prepares an
 * element set (rad, minutes), `t MINUTES` propagates it. Standard output, one a line: the error, position in km, velocity
 * in km/s. `b COUNT` propagates the last set so often, over a week, and tells how many a second.
 */
#include <stdio.h>
#include <time.h>

#include "astro/sgp4.h"

static void
prepare(const char *line, struct sgp4 *s)
{
    struct sgp4_elements e;
    char mode;

    if (sscanf(line, "s %c %lf %lf %lf %lf %lf %lf %lf %lf %lf", &mode, &e.epoch_jd, &e.epoch_fraction,
               &e.bstar, &e.ecco, &e.argpo, &e.inclo, &e.mo, &e.no_kozai, &e.nodeo) != 10)
        printf("not understood: %s", line);
    else
        printf("%d\n", sgp4_init(s, &e, mode == 'a' ? SGP4_AFSPC : SGP4_IMPROVED));
}

static void
propagate(const char *line, const struct sgp4 *s)
{
    double minutes, r[3], v[3];
    enum sgp4_error error;

    if (sscanf(line, "t %lf", &minutes) != 1) {
        printf("not understood: %s", line);
        return;
    }
    error = sgp4_propagate(s, minutes, r, v);
    printf("%d %.17g %.17g %.17g %.17g %.17g %.17g\n", error, r[0], r[1], r[2], v[0], v[1], v[2]);
}

static void
measure(const char *line, const struct sgp4 *s)
{
    struct timespec from, to;
    double r[3], v[3], sum = 0.0;
    long count;

    if (sscanf(line, "b %ld", &count) != 1)
        return;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (long i = 0; i < count; i++) {
        (void)sgp4_propagate(s, 10080.0 * (double)i / (double)count, r, v);
        sum += r[0];
    }
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    printf("%.0f %g\n",
           (double)count / ((double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec)),
           sum);
}

int
main(void)
{
    static struct sgp4 s;
    char line[512];

    while (fgets(line, sizeof line, stdin) != NULL) {
        if (line[0] == 's')
            prepare(line, &s);
        else if (line[0] == 't')
            propagate(line, &s);
        else if (line[0] == 'b')
            measure(line, &s);
    }
    return 0;
}
