/* corridor: where an object that re-enters can strike, with no node at all. All of it or nothing. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/corridor_write.h"
#include "cli/input.h"
#include "cli/screen.h"
#include "cli/track.h"
#include "cli/warning.h"
#include "watch/borders_find.h"
#include "reentry.pb-c.h"

#define CROSS_KM_MAX 5000

struct search {
    const struct args *args;
    struct corridor_report r;
    char object[PICK_OBJECT_MAX]; /* "" = any */
    bool has_reentry;
    struct utc opens, closes, known_at; /* of the re-entry; of its state of knowledge */
    const char *other;                  /* "re-entries" or "element sets" of several objects: refused */
};

static bool
is_same(const struct search *k, const struct subject *s)
{
    for (int i = 0; i < SUBJECT_OBJECT_MAX; i++) {
        for (int j = 0; j < SUBJECT_OBJECT_MAX; j++) {
            if (s->object[i][0] != 0 && strcmp(s->object[i], k->r.object[j]) == 0)
                return true;
        }
    }
    return false;
}

/* Is the record of the object that is asked for? Of several objects, one must be asked for. */
static bool
is_wanted(struct search *k, const struct subject *s, bool is_first, const char *what)
{
    if (k->object[0] != 0)
        return strcmp(s->object[0], k->object) == 0 || strcmp(s->object[1], k->object) == 0;
    if (!is_first && !is_same(k, s))
        k->other = what;
    return true;
}

static void
take_objects(struct search *k, const struct subject *s)
{
    for (int i = 0; i < SUBJECT_OBJECT_MAX; i++)
        (void)snprintf(k->r.object[i], sizeof k->r.object[i], "%s", s->object[i]);
}

#define EARTH_RAD_S   7.292115e-5 /* WGS-84 */
#define PRECESSED_DEG 0.2         /* the pole of date from that of 2000, until 2035 */

/* Of the state vector of an RDM; below 0: it has none, or in a frame whose pole is not known here. */
static double
inclination_of(const Parallax__V1__Reentry *r)
{
    static const struct {
        const char *frame;
        double turns, slack_deg;
    } frames[] = {{"ITRF", EARTH_RAD_S, 0},
                  {"EFG", EARTH_RAD_S, 0},
                  {"TDR", EARTH_RAD_S, 0},
                  {"TEME", 0, 0},
                  {"TOD", 0, 0},
                  {"EME2000", 0, PRECESSED_DEG},
                  {"GCRF", 0, PRECESSED_DEG},
                  {"ICRF", 0, PRECESSED_DEG},
                  {"J2000", 0, PRECESSED_DEG}};
    const char *const text[6] = {r->x, r->y, r->z, r->x_dot, r->y_dot, r->z_dot};
    double s[6], h[3], size;

    for (size_t i = 0; i < 6; i++) {
        if (num_double(span_str(text[i]), &s[i]) != 0)
            return -1;
    }
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        if (strncmp(r->ref_frame, frames[i].frame, strlen(frames[i].frame)) != 0)
            continue;
        s[3] -= frames[i].turns * s[1];
        s[4] += frames[i].turns * s[0];
        h[0] = s[1] * s[5] - s[2] * s[4];
        h[1] = s[2] * s[3] - s[0] * s[5];
        h[2] = s[0] * s[4] - s[1] * s[3];
        size = sqrt(h[0] * h[0] + h[1] * h[1] + h[2] * h[2]);
        return size > 0 ? acos(h[2] / size) * TRACK_DEGREES + (h[2] >= 0 ? 1 : -1) * frames[i].slack_deg : -1;
    }
    return -1;
}

static void
take_place(struct search *k, const Parallax__V1__Reentry *r)
{
    if (num_double(span_str(r->incl), &k->r.inclination_deg) != 0)
        k->r.inclination_deg = inclination_of(r);
    k->r.has_impact = num_double(span_str(r->nominal_impact_lat), &k->r.impact_deg[0]) == 0 &&
                      num_double(span_str(r->nominal_impact_lon), &k->r.impact_deg[1]) == 0;
}

static void
take_reentry(struct search *k, const struct type *type, const ProtobufCMessage *msg, const struct subject *s)
{
    const Parallax__V1__Reentry *r = (const Parallax__V1__Reentry *)msg;
    struct buf summary;

    if (!is_wanted(k, s, !k->has_reentry, "re-entries"))
        return;
    if (k->has_reentry && utc_compare(s->epoch, k->known_at) <= 0)
        return;
    k->has_reentry = true;
    k->known_at = s->epoch;
    take_objects(k, s);
    (void)type->window(msg, &k->opens, &k->closes);
    take_place(k, r);
    buf_init(&summary, LIMIT_LOG_LINE_BYTES);
    type->summary(msg, &summary);
    (void)snprintf(k->r.summary, sizeof k->r.summary, "%s", buf_cstr(&summary));
    buf_release(&summary);
}

/* The newest element set of the object. */
static int
take_elements(struct search *k, const struct type *type, const ProtobufCMessage *msg, const struct subject *s,
              struct why *why)
{
    bool has_name = k->r.object[0][0] != 0 || k->r.object[1][0] != 0;
    struct type_sgp4 mean;

    if (k->has_reentry && has_name ? !is_same(k, s) : !is_wanted(k, s, !k->r.has_elements, "element sets"))
        return 0;
    if (type->sgp4(msg, &mean, why) != 0)
        return -1;
    if (k->r.has_elements && utc_compare(mean.epoch, k->r.c.mean.epoch) <= 0)
        return 0;
    if (!k->has_reentry || !has_name)
        take_objects(k, s);
    k->r.has_elements = true;
    k->r.c.mean = mean;
    (void)snprintf(k->r.name, sizeof k->r.name, "%s", mean.name);
    k->r.c.mean.name = k->r.name;
    return 0;
}

static int
take(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct search *k = cookie;
    struct subject subject;

    (void)type->subject(msg, &subject);
    if (type->schema == &parallax__v1__reentry__descriptor)
        take_reentry(k, type, msg, &subject);
    else if (type->sgp4 != NULL)
        return take_elements(k, type, msg, &subject, why);
    return 0;
}

static int
read_file(struct search *k, const char *path)
{
    struct input in;
    struct warning_sink sink = {0};
    struct convert how = {.warn = warning_print, .cookie = &sink};
    struct why why;
    int rc;

    why_clear(&why);
    input_init(&in, path);
    sink.file = in.name;
    rc = input_read(&in, path, NULL, &how, take, k, &why);
    warning_end(&sink);
    rc = rc == 0 ? EXIT_DONE : args_refuse(&why, in.name);
    input_release(&in);
    if (rc == EXIT_DONE && k->other != NULL)
        return args_fail(k->args, "%s: %s of several objects: expected --object", path, k->other);
    return rc;
}

static int
settle_window(struct search *k)
{
    if (utc_is_zero(k->r.c.from))
        k->r.c.from = k->opens;
    if (utc_is_zero(k->r.c.to))
        k->r.c.to = k->closes;
    if (utc_is_zero(k->r.c.from) || utc_is_zero(k->r.c.to))
        return args_fail(k->args, "no window: expected a re-entry (RDM, TIP), or --from and --to");
    if (utc_compare(k->r.c.to, k->r.c.from) < 0)
        return args_fail(k->args, "the window closes before it opens");
    if (utc_unix(k->r.c.to) - utc_unix(k->r.c.from) > CORRIDOR_SPAN_DAYS * 86400LL)
        return args_fail(k->args,
                         "a window of more than %d days says nothing of a place: expected --from and --to",
                         CORRIDOR_SPAN_DAYS);
    return EXIT_DONE;
}

static int
compute(struct search *k, char path[BORDERS_PATH_MAX])
{
    struct why why;
    int found;

    if (!k->r.has_elements && args_has(k->args, "elements"))
        return args_fail(k->args, "%s: no element set of this object", args_get(k->args, "elements"));
    why_clear(&why);
    if (!k->r.has_elements)
        return EXIT_DONE;
    if (corridor_track(&k->r.c, &why) != 0)
        return args_refuse(&why, k->r.object[0]);
    found = borders_find(&k->r.borders, args_get(k->args, "borders"), path, &why);
    if (found < 0)
        return args_refuse(&why, path);
    if (found > 0) {
        k->r.borders_file = path;
        k->r.c.borders = &k->r.borders;
        corridor_overfly(&k->r.c);
    }
    return EXIT_DONE;
}

static int
run(struct search *k, corridor_write_fn *write)
{
    char path[BORDERS_PATH_MAX];
    struct buf out;
    int status = read_file(k, k->args->n > 0 ? k->args->at[0] : "-");

    if (status == EXIT_DONE && args_has(k->args, "elements"))
        status = read_file(k, args_get(k->args, "elements"));
    if (status == EXIT_DONE)
        status = settle_window(k);
    if (status == EXIT_DONE)
        status = compute(k, path);
    if (status != EXIT_DONE)
        return status;
    buf_init(&out, LIMIT_OUTPUT_BYTES);
    write(&k->r, &out);
    screen_flush(&out);
    buf_release(&out);
    return k->r.has_elements && k->r.c.points == 0 ? EXIT_FAILED : EXIT_DONE;
}

int
cmd_corridor(int argc, char **argv)
{
    struct args a;
    struct search k = {.args = &a, .r = {.c = {.cross_km = CORRIDOR_CROSS_KM}, .inclination_deg = -1}};
    const char *format, *cross, *object;
    corridor_write_fn *write;
    int status;

    if (!args_read(&a, "corridor", 0, 1, argc, argv, &status))
        return status;
    format = args_get(&a, "format");
    cross = args_get(&a, "cross");
    object = args_get(&a, "object");
    write = corridor_write(format != NULL ? format : "text");
    if (write == NULL)
        return args_usage(&a, "--format %.64s: expected text, json or geojson", format);
    if (cross != NULL && (num_double(span_str(cross), &k.r.c.cross_km) != 0 || k.r.c.cross_km < 0 ||
                          k.r.c.cross_km > CROSS_KM_MAX))
        return args_usage(&a, "--cross %.64s: expected km, 0 to %d", cross, CROSS_KM_MAX);
    if (args_time(&a, "from", &k.r.c.from) != 0 || args_time(&a, "to", &k.r.c.to) != 0)
        return EXIT_USAGE;
    status = object != NULL ? pick_object(&a, object, k.object) : EXIT_DONE;
    if (status == EXIT_DONE)
        status = run(&k, write);
    corridor_release(&k.r.c);
    borders_release(&k.r.borders);
    return status;
}
