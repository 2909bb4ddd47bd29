/* track: where the objects of a file of element sets are, by SGP4, with no node at all. All of it or nothing. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "astro/timescale.h"
#include "base/limit.h"
#include "base/num.h"
#include "cli/args.h"
#include "cli/input.h"
#include "cli/pick.h"
#include "cli/screen.h"
#include "cli/track.h"
#include "cli/warning.h"

#define NAMED_MAX      10 /* element sets that are refused are named up to here, then counted */
#define STEP_S_DEFAULT 60
#define STEP_S_MAX     86400
/* After so long SGP4 is off by tens of km in low orbit. */
#define FRESH_DAYS      7.0
#define DRAWN_PARTS_MIN 8.0 /* a line is a track only with so many points a revolution */
#define DUT1_S_MAX      1.0
#define TWO_PI          6.28318530717958647692

struct tracking {
    const struct args *args;
    struct input in;
    struct warning_sink sink;
    const struct track_writer *writer;
    struct track_out out;
    char object[PICK_OBJECT_MAX]; /* "" = all */
    struct utc from, to;          /* to: zero for one revolution */
    int64_t step_s;
    struct frame_rotation rotation;
    uint64_t records, refused, silent; /* orbits read; no SGP4 for them; not one point computed */
};

static void warn(struct tracking *k, const char *object, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
warn(struct tracking *k, const char *object, const char *fmt, ...)
{
    struct warning w = {0};
    struct buf field;
    va_list args;

    buf_init_fixed(&field, w.field, sizeof w.field);
    screen_text(&field, object);
    (void)buf_cstr(&field);
    va_start(args, fmt);
    (void)vsnprintf(w.note, sizeof w.note, fmt, args);
    va_end(args);
    warning_print(&k->sink, &w);
}

/* One element set that SGP4 is not for: the others go on. */
static void
name_refused(struct tracking *k, const struct type *type, const ProtobufCMessage *msg, const struct why *why)
{
    struct buf text;

    if (k->refused++ >= NAMED_MAX)
        return;
    buf_init(&text, LIMIT_LOG_LINE_BYTES);
    why_print(why, k->in.name, &text);
    buf_put_fmt(&text, " (record %" PRIu64 ": ", k->records);
    type->summary(msg, &text);
    fprintf(stderr, "%s)\n", buf_cstr(&text));
    buf_release(&text);
}

/* ${from} itself may be a leap second; steps from it count days of 86,400 s. */
static struct utc
step_on(const struct tracking *k, uint64_t i)
{
    return i == 0 ? k->from
                  : utc_from_unix(utc_unix(k->from) + k->step_s * (int64_t)i, k->from.ns % 1000000000);
}

static void
compute(struct tracking *k, const struct sgp4 *s, struct utc epoch, struct track_point *p)
{
    double r[3], v[3];
    double seconds = timescale_elapsed_s(p->t, epoch);

    p->days = seconds / 86400;
    p->error = sgp4_propagate(s, seconds / 60, p->r_km, p->v_km_s);
    if (p->error != SGP4_DONE)
        return;
    frame_teme_to_itrf(p->t, &k->rotation, p->r_km, p->v_km_s, r, v);
    if (frame_place(r, &p->place) != 0)
        p->error = SGP4_INPUT;
}

static void
warn_of_age(struct tracking *k, const struct track_set *set, struct utc last)
{
    double first_days = timescale_elapsed_s(k->from, set->epoch) / 86400;
    double last_days = timescale_elapsed_s(last, set->epoch) / 86400;
    double most = fabs(first_days) > fabs(last_days) ? first_days : last_days;

    if (fabs(most) > FRESH_DAYS)
        warn(k, set->object, "%.1f days %s the epoch of the element set: expected at most %.0f", fabs(most),
             most > 0 ? "after" : "before", FRESH_DAYS);
}

/* All points of one element set. 0, or -1 when the output grows too large. */
static int
follow(struct tracking *k, const struct track_set *set, const struct sgp4 *s, struct why *why)
{
    double revolution_s = 60 * TWO_PI / s->in.no_kozai;
    double span_s = utc_is_zero(k->to) ? revolution_s : timescale_elapsed_s(k->to, k->from);
    double step_s = (double)k->step_s;
    uint64_t points = (uint64_t)floor(fmin(span_s / step_s + 1e-9, LIMIT_TRACK_COUNT - 1)) + 1;
    uint64_t computed = 0;
    struct track_point p;

    warn_of_age(k, set, step_on(k, points - 1));
    if (k->writer->is_line && step_s * DRAWN_PARTS_MIN > revolution_s)
        warn(k, set->object,
             "a step of %.0f s cuts a revolution of %.0f s into few pieces: the line is no track", step_s,
             revolution_s);
    k->out.error = SGP4_DONE;
    k->writer->set_begin(&k->out, set);
    for (uint64_t i = 0; i < points && !buf_failed(&k->out.text); i++) {
        p = (struct track_point){.t = step_on(k, i)};
        compute(k, s, set->epoch, &p);
        if (p.error == SGP4_DONE)
            computed++;
        else if (k->out.error == SGP4_DONE)
            k->out.error = p.error;
        k->writer->point(&k->out, set, &p);
    }
    k->writer->set_end(&k->out, set);
    k->out.sets++;
    k->silent += computed == 0;
    return buf_failed(&k->out.text) ? why_set(why, WHY_INPUT_SIZE, 0, 0, NULL,
                                              "the output would be larger than %d bytes", LIMIT_OUTPUT_BYTES)
                                    : 0;
}

static int
track_record(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct tracking *k = cookie;
    struct subject subject;
    struct type_sgp4 mean;
    struct sgp4 s;
    struct why refusal;

    if (type->sgp4 == NULL)
        return 0;
    (void)type->subject(msg, &subject);
    if (k->object[0] != 0 && strcmp(subject.object[0], k->object) != 0 &&
        strcmp(subject.object[1], k->object) != 0)
        return 0;
    k->records++;
    why_clear(&refusal);
    if (type->sgp4(msg, &mean, &refusal) != 0) {
        name_refused(k, type, msg, &refusal);
        return 0;
    }
    struct track_set set = {.object = subject.object[0][0] != 0 ? subject.object[0] : subject.key,
                            .name = mean.name,
                            .epoch = mean.epoch};
    if (!mean.has_bstar)
        warn(k, set.object, "without BSTAR: taken as zero, which is no drag");
    if (sgp4_init(&s, &mean.elements, SGP4_IMPROVED) != SGP4_DONE) {
        (void)why_set(&refusal, WHY_FIELD_VALUE, 0, 0, NULL, "SGP4 error %d: %s", s.refused,
                      sgp4_error_text(s.refused));
        name_refused(k, type, msg, &refusal);
        return 0;
    }
    return follow(k, &set, &s, why);
}

static int
finish(struct tracking *k)
{
    if (k->records == 0) {
        fprintf(stderr, "%s: no element set%s%s\n", k->in.name, k->object[0] != 0 ? " of " : "", k->object);
        return EXIT_FAILED;
    }
    if (k->refused > 0)
        fprintf(stderr, "%s: %" PRIu64 " of %" PRIu64 " records cannot be propagated with SGP4\n", k->in.name,
                k->refused, k->records);
    if (k->refused < k->records) {
        k->writer->end(&k->out);
        screen_flush(&k->out.text);
    }
    return k->refused + k->silent > 0 ? EXIT_FAILED : EXIT_DONE;
}

static int
track_file(struct tracking *k, const char *path)
{
    struct convert how = {.warn = warning_print, .cookie = &k->sink};
    struct why why;
    int rc;

    why_clear(&why);
    k->writer->begin(&k->out);
    rc = input_read(&k->in, path, args_get(k->args, "as"), &how, track_record, k, &why);
    warning_end(&k->sink);
    return rc == 0 ? finish(k) : args_refuse(&why, k->in.name);
}

static int
read_times(struct tracking *k)
{
    struct timespec now;
    uint64_t step_s;

    if (args_time(k->args, "from", &k->from) != 0 || args_time(k->args, "to", &k->to) != 0 ||
        args_uint(k->args, "step", 1, STEP_S_MAX, STEP_S_DEFAULT, &step_s) != 0)
        return EXIT_USAGE;
    if (!args_has(k->args, "from")) {
        (void)clock_gettime(CLOCK_REALTIME, &now);
        k->from = utc_from_unix(now.tv_sec, 0);
    }
    if (!utc_is_zero(k->to) && utc_compare(k->to, k->from) < 0)
        return args_usage(k->args, "--to is before --from%s",
                          args_has(k->args, "from") ? "" : ", which is now");
    k->step_s = (int64_t)step_s;
    if (!utc_is_zero(k->to) && (utc_unix(k->to) - utc_unix(k->from)) / k->step_s >= LIMIT_TRACK_COUNT)
        return args_usage(k->args, "more than %d times: expected a longer --step", LIMIT_TRACK_COUNT);
    return EXIT_DONE;
}

static int
read_options(struct tracking *k)
{
    const char *format = args_get(k->args, "format");
    const char *object = args_get(k->args, "object");
    const char *dut1 = args_get(k->args, "dut1");
    int status = read_times(k);

    if (status != EXIT_DONE)
        return status;
    k->writer = track_writer(format != NULL ? format : "text");
    if (k->writer == NULL)
        return args_usage(k->args, "--format %.64s: expected text, json or geojson", format);
    if (dut1 != NULL &&
        (num_double(span_str(dut1), &k->rotation.dut1_s) != 0 || fabs(k->rotation.dut1_s) > DUT1_S_MAX))
        return args_usage(k->args, "--dut1 %.64s: expected UT1-UTC in seconds, -1 to 1", dut1);
    return object != NULL ? pick_object(k->args, object, k->object) : EXIT_DONE;
}

int
cmd_track(int argc, char **argv)
{
    struct args a;
    struct tracking k = {.args = &a};
    const char *path;
    int status;

    if (!args_read(&a, "track", 0, 1, argc, argv, &status))
        return status;
    status = read_options(&k);
    if (status != EXIT_DONE)
        return status;
    path = a.n > 0 ? a.at[0] : "-";
    input_init(&k.in, path);
    k.sink.file = k.in.name;
    buf_init(&k.out.text, LIMIT_OUTPUT_BYTES);
    status = track_file(&k, path);
    buf_release(&k.out.text);
    input_release(&k.in);
    return status;
}
